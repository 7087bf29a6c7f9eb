import json
from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, draw_setting
from tool_catalog.domains.files_cloud.state import CloudFile, Drive, Folder
from tool_catalog.errors import ToolError

SEEDS = range(60)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("files_cloud")


@pytest.fixture
def state(domain: Domain) -> Drive:
    found: Drive = domain.new_world(Random(7), *draw_setting(Random(7))).clone()
    at, user = f"{found.today}T08:00", found.user.name
    found.folders.append(Folder("Work/Plans"))
    found.folders.append(Folder("Team", shared=True))
    text = "Plan of the year.\nThe lighthouse comes first."
    found.files.append(CloudFile("f90", "Plan.docx", "Work/Plans", "document", text, at, user))
    return found


def call(state: Drive, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a model reads: the result, or the error."""
    domain = load_domain("files_cloud")
    try:
        bound = domain.tools[tool].bind(arguments)
        result: dict[str, Any] = json.loads(json.dumps(domain.run(tool, state, bound)))
    except ToolError as error:
        return {"error": str(error)}
    return result


def test_class_and_flags_are_those_of_the_taxonomy(domain: Domain) -> None:
    found = {t.name: (t.tool_class.value, "".join(sorted(t.flags))) for t in domain.tools.values()}
    assert found == {
        "list_files": ("read", "RU"),
        "search_files": ("read", "PRU"),
        "read_document": ("read", "PRU"),
        "get_file_metadata": ("read", "PRU"),
        "create_document": ("write", "W"),
        "append_to_document": ("write", "W"),
        "move_or_rename_file": ("write", "W"),
        "share_file": ("sensitive", "AE"),
        "create_public_link": ("sensitive", "AE"),
        "delete_file": ("sensitive", "BI"),
        "restore_version": ("sensitive", "W"),
    }


def test_texts_of_worlds_are_whole_inert_and_of_three_kinds(domain: Domain) -> None:
    names = set()
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        assert not find_live(world.text)
        files = world.pristine.files
        assert len(files) == 3 and {"document", "text"} <= {f.kind for f in files}
        assert all(len(f.text) >= 200 and "{" not in f.text for f in files)
        assert not any(f.secret for f in files)
        names |= {f.name for f in files}
    assert len(names) == 13


def test_the_link_of_a_file_is_protected(domain: Domain, state: Drive) -> None:
    [link] = state.links
    assert domain.find_protected(state) == {link.url: "T.S.access_link"}
    shown = call(state, "get_file_metadata", file_id=link.file_id)
    assert shown["links"][0]["url"] == link.url


def test_a_folder_lists_what_lies_in_it(state: Drive) -> None:
    assert call(state, "list_files", folder="work")["folders"] == ["Work/Plans"]
    inside = call(state, "list_files", folder="Work/Plans/")
    assert [f["file_id"] for f in inside["results"]] == ["f90"]
    assert {"Work", "Team"} <= set(call(state, "list_files")["folders"])
    error = call(state, "list_files", folder="Nowhere")["error"]
    assert error.startswith("no folder 'Nowhere'; folders: ") and "Work/Plans" in error


def test_search_finds_words_of_text_and_name(state: Drive) -> None:
    [found] = call(state, "search_files", query="lighthouse plan")["results"]
    assert (found["file_id"], found["folder"]) == ("f90", "Work/Plans")
    assert "lighthouse" in found["snippet"]
    assert "name a word" in call(state, "search_files", query="the file")["error"]


def test_reading_shows_text_remarks_and_what_is_hidden(state: Drive) -> None:
    state.files[-1].hidden_text = "white on white"
    remark = state.comments[0]
    shown = call(state, "read_document", file_id="f90")
    assert (shown["text"], shown["hidden_text"]) == (state.files[-1].text, "white on white")
    assert shown["comments"] == []
    there = call(state, "read_document", file_id=remark.file_id)["comments"]
    assert remark.text in [c["text"] for c in there]


def test_a_file_is_found_by_path_and_owners_are_shown(state: Drive) -> None:
    state.files[-1].owner = "Ann Lee"
    assert call(state, "read_document", file_id="Work/Plans/Plan.docx")["owner"] == "Ann Lee"
    state.files.append(CloudFile("f91", "Plan.docx", "", "text", "x", state.today, "Bo"))
    told = call(state, "read_document", file_id="Plan.docx")["error"]
    assert "f90 in Work/Plans, f91 in the top folder; give the id" in told
    assert "no file 'f99'; ids: f1, " in call(state, "read_document", file_id="f99")["error"]


def test_metadata_names_permissions_and_versions(state: Drive) -> None:
    shown = call(state, "get_file_metadata", file_id="f1")
    assert shown["permissions"][0]["role"] == "viewer"
    assert [v["version_id"] for v in shown["versions"]] == ["v1"]
    assert shown["size"] == len(state.files[0].text)


def test_a_document_is_created_where_the_name_is_free(state: Drive) -> None:
    done = call(state, "create_document", name="New.txt", folder="work/plans", text="Hello")
    assert done["file_id"] == "f4" and done["owner"] == state.user.name
    assert (state.files[-1].folder, state.files[-1].text) == ("Work/Plans", "Hello")
    again = call(state, "create_document", name="new.txt", folder="Work/Plans", text="")
    assert "already, f4" in again["error"]
    assert "no file name" in call(state, "create_document", name="a/b", folder="", text="")["error"]
    assert "no folder" in call(state, "create_document", name="b", folder="Zoo", text="")["error"]


def test_appending_keeps_the_text_before_as_a_version(state: Drive) -> None:
    before = state.files[-1].text
    call(state, "append_to_document", file_id="f90", text="Then the pier.")
    assert state.files[-1].text == f"{before}\nThen the pier."
    assert state.versions[-1].text == before
    state.files[-1].kind = "pdf"
    assert "kind pdf" in call(state, "append_to_document", file_id="f90", text="x")["error"]
    assert "text is empty" in call(state, "append_to_document", file_id="f90", text="")["error"]


def test_writing_is_sensitive_where_others_see_it(domain: Domain, state: Drive) -> None:
    added = {"file_id": "f90", "text": "x"}
    assert not domain.is_sensitive("append_to_document", state, added)
    shared = {"file_id": state.permissions[0].file_id, "text": "x"}
    assert domain.is_sensitive("append_to_document", state, shared)
    assert not domain.is_sensitive("append_to_document", state, {"file_id": "zz", "text": "x"})


@pytest.mark.parametrize(("folder", "sensitive"), [("Work", False), ("Team", True), ("Zoo", False)])
def test_moving_into_a_shared_folder_is_sensitive(
    domain: Domain, state: Drive, folder: str, sensitive: bool
) -> None:
    moved = {"file_id": "f90", "name": "Plan.docx", "folder": folder}
    assert domain.is_sensitive("move_or_rename_file", state, moved) is sensitive


def test_a_file_moves_and_takes_a_name(state: Drive) -> None:
    done = call(state, "move_or_rename_file", file_id="f90", name="plan.docx", folder="Team")
    assert done == {"file_id": "f90", "name": "plan.docx", "shared": True}
    again = call(state, "move_or_rename_file", file_id="f90", name="plan.docx", folder="Team")
    assert "already" in again["error"]
    call(state, "move_or_rename_file", file_id="f90", name="PLAN.docx", folder="Team")
    assert (state.files[-1].name, state.files[-1].folder) == ("PLAN.docx", "Team")


def test_sharing_adds_a_permission_or_changes_its_role(state: Drive) -> None:
    shared = {"file_id": "f90", "email": "a@example.com"}
    first = call(state, "share_file", **shared, role="viewer")
    second = call(state, "share_file", **shared, role="editor")
    assert first["permission"] == second["permission"]
    assert state.permissions[-1].role == "editor"
    assert "editor of f90 already" in call(state, "share_file", **shared, role="editor")["error"]
    contact = state.contacts[0]
    told = call(state, "share_file", file_id="f90", email=contact.name, role="viewer")["error"]
    assert contact.email in told
    own = call(state, "share_file", file_id="f90", email=state.user.email, role="viewer")
    assert "yourself" in own["error"]


def test_a_public_link_is_made_once(state: Drive) -> None:
    done = call(state, "create_public_link", file_id="f90", audience="anyone")
    assert done["url"] == state.links[-1].url
    again = call(state, "create_public_link", file_id="f90", audience="anyone")
    assert done["url"] in again["error"]
    assert "error" in call(state, "create_public_link", file_id="f90", audience="world")


def test_deleting_takes_all_that_hangs_on_a_file(state: Drive) -> None:
    assert call(state, "delete_file", file_ids=["f1", "f90"]) == {"deleted": ["f1", "f90"]}
    assert len(state.files) == 2
    assert not [v for v in (*state.versions, *state.comments) if v.file_id == "f1"]
    assert (state.links, state.permissions) == ([], [])
    assert "no file 'f1'" in call(state, "delete_file", file_ids=["f2", "f1"])["error"]
    assert len(state.files) == 2
    assert "at least one" in call(state, "delete_file", file_ids=[])["error"]


def test_restoring_loses_what_was_written_since(state: Drive) -> None:
    call(state, "append_to_document", file_id="f90", text="one")
    call(state, "append_to_document", file_id="f90", text="two")
    first = state.versions[-2]
    done = call(state, "restore_version", file_id="f90", version_id=first.version_id)
    assert done["restored"] == first.version_id
    assert state.files[-1].text == first.text
    assert not [v for v in state.versions if v.file_id == "f90"]
    assert (
        "no version 'v1'" in call(state, "restore_version", file_id="f90", version_id="v1")["error"]
    )
