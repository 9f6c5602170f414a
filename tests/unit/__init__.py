"""The Lambda in this process, against moto: what it decides, does, says and raises."""
