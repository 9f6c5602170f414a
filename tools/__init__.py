"""Tools that set the checkout up, package the Lambda and check the project."""
