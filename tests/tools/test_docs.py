from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import check_manifests, docs
from tools.state import ROOT

MANIFEST = ROOT / "lambda_src" / "rearm" / "automations" / "cloudtrail" / "automation.yaml"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Give a small root module."""
    (tmp_path / "variables.tf").write_text(
        """\
variable "a" {
  description = "One or two, `x|y`."
  type = map(object({
    mode = string
    more = optional(list(string), [])
  }))
  default = {}
}

variable "b" {
  description = "A name."
  type        = string
}

variable "c" {
  description = "Names."
  type        = set(string)
  default     = ["x", "y"]
}

variable "d" {
  description = "Whether."
  type        = bool
  default     = null
}
""",
        encoding="utf-8",
    )
    (tmp_path / "outputs.tf").write_text(
        'output "z" {\n  description = "The last."\n  value = 1\n}\n', encoding="utf-8"
    )
    return tmp_path


def test_inputs_are_listed_with_types_and_defaults(module: Path) -> None:
    lines = docs.inputs(module).splitlines()

    assert lines[0] == "| Name | Description | Type | Default |"
    assert lines[2].startswith("| `a` | One or two, `x\\|y`. | <code title=")
    assert lines[2].endswith(">map(object({…}))</code> | `{}` |")
    assert "more = optional(list(string), [])" in lines[2]
    assert lines[3:] == [
        "| `b` | A name. | `string` | required |",
        '| `c` | Names. | `set(string)` | `["x", "y"]` |',
        "| `d` | Whether. | `bool` | `null` |",
    ]


def test_outputs_are_listed(module: Path) -> None:
    assert docs.outputs(module).splitlines()[2:] == ["| `z` | The last. |"]


def test_an_automation_says_what_it_watches_and_does() -> None:
    table = docs.automations(ROOT)

    assert "Calls that stop, delete or change a trail (`StopLogging`" in table
    assert "Config rule `cloudtrail-enabled`" in table
    assert "`rate(15 minutes)`" in table
    assert "`cloudtrail:StartLogging`, `cloudtrail:UpdateTrail`" in table
    assert table.count("| `remediate` |") == 4
    assert "cloudtrail:DeleteTrail" not in table


def test_settings_and_controls_come_from_the_manifests() -> None:
    assert "| `cloudtrail` | `custom_config_rule` |" in docs.settings(ROOT)
    assert "| bool | `true` |" in docs.settings(ROOT)
    assert "| AWS Foundational Security Best Practices | CloudTrail.1 | `cloudtrail` |" in docs.controls(ROOT)


def test_a_table_replaces_what_stands_between_its_markers_and_nothing_else() -> None:
    text = "before\n<!-- BEGIN inputs -->\nold\n<!-- END inputs -->\nafter\n"

    filled, missing = docs.fill(text, {"inputs": r"new \1"})

    assert filled == "before\n<!-- BEGIN inputs -->\nnew \\1\n<!-- END inputs -->\nafter\n"
    assert missing == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- BEGIN inputs -->\n",
        "<!-- END inputs --><!-- BEGIN inputs -->",
        "<!-- BEGIN inputs --><!-- END inputs -->" * 2,
    ],
)
def test_a_marker_that_is_missing_or_doubled_is_named(text: str) -> None:
    assert docs.fill(text, {"inputs": "x"}) == (text, ["inputs"])


def test_check_tells_that_a_table_is_out_of_date_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = {
        file: "".join(f"<!-- BEGIN {name} -->\n<!-- END {name} -->\n" for name in tables)
        for file, tables in docs.FILES.items()
    }
    for file, text in empty.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    made = {file: {name: lambda _: "made" for name in tables} for file, tables in docs.FILES.items()}
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "FILES", made)

    assert docs.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert said.count("run `make docs`") == len(empty)
    for file, text in empty.items():
        assert f"the tables of {file} are out of date" in said
        assert (tmp_path / file).read_text(encoding="utf-8") == text

    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0

    (tmp_path / docs.README).write_text("nothing\n", encoding="utf-8")
    assert docs.main([]) == 1
    assert "README.md has no place between <!-- BEGIN inputs -->" in capsys.readouterr().out
    assert (tmp_path / docs.README).read_text(encoding="utf-8") == "nothing\n"


def test_every_automation_stands_against_every_framework() -> None:
    lines = docs.compliance(ROOT).splitlines()

    assert lines[0] == f"| Automation | Kind | {' | '.join(docs.FRAMEWORKS)} |"
    assert "| `cloudtrail` | safeguard | 3.1 | CloudTrail.1 | AU-2, AU-3, AU-12, SI-4(20) |" in lines
    assert len(lines) == 2 + len(check_manifests.find())


def test_no_framework_is_misspelt() -> None:
    named = {
        framework
        for path in check_manifests.find().values()
        for framework in check_manifests.load(path)["controls"]
    }

    assert named == set(docs.FRAMEWORKS)


def test_a_control_names_all_that_serve_it_and_ten_comes_after_nine() -> None:
    lines = docs.served_controls(ROOT).splitlines()
    controls = [line.split(" | ")[1] for line in lines if line.startswith(f"| {docs.FRAMEWORKS[2]}")]

    assert f"| {docs.FRAMEWORKS[2]} | AU-12 | `cloudtrail`, `cloudtrail_lake` |" in lines
    assert len(controls) == len(set(controls))
    assert controls.index("AU-2") < controls.index("AU-9") < controls.index("AU-12")


def test_many_calls_are_counted_and_not_listed() -> None:
    assert re.search(r"\(`DeleteBucket`(, `\w+`){5} and \d+ more\)", docs.automations(ROOT))


def test_what_is_recommended_says_so() -> None:
    assert "| `off`, recommended |" in docs.automations(ROOT)


def test_the_tables_of_this_project_are_up_to_date() -> None:
    assert docs.main(["--check"]) == 0
