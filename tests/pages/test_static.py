"""How the pages' files travel: in the coding that a browser prefers, and kept for as long as they stay the same."""

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from gateway.pages.codings import chosen
from gateway.pages.static import FOR_EVER, OF_VITE, SMALL, VERSION, Files, version_of

SCRIPT = "index-DXK6k5rM.js"
TEXT = b"export const many = 'words words words words words';\n" * (SMALL // 40)
BR = b"what a build made of it with brotli"  # the bytes are passed on, nobody here reads them
GZ = gzip.compress(TEXT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves: a large script with its compressed forms, a small text and a picture."""
    (tmp_path / SCRIPT).write_bytes(TEXT)
    (tmp_path / f"{SCRIPT}.br").write_bytes(BR)
    (tmp_path / f"{SCRIPT}.gz").write_bytes(GZ)
    (tmp_path / "small.css").write_text("p { color: red }\n" * 20, encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" * 30)
    (tmp_path / "only-plain.js").write_bytes(TEXT)
    return tmp_path


def ask(folder: Path, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """One request, whose answer is left in the coding that it came in."""

    async def go() -> httpx.Response:
        files = [
            Mount(f"/{VERSION}", Files(directory=folder, versioned=(folder,))),
            Mount("/", Files(directory=folder, names_of_content=OF_VITE)),
        ]
        transport = httpx.ASGITransport(Starlette(routes=files))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            request = http.build_request(method, path, headers=named)
            if "Accept_Encoding" not in headers:
                del request.headers["Accept-Encoding"]  # httpx's own
            answer = await http.send(request, stream=True)
            body = b"".join([part async for part in answer.aiter_raw()])
            return httpx.Response(answer.status_code, headers=answer.headers, extensions={"raw": body})

    return asyncio.run(go())


def body(answer: httpx.Response) -> bytes:
    raw: bytes = answer.extensions["raw"]
    return raw


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br; Q=0.5 , gzip;q=0.500", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0.0", "identity"),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip", "gzip"),
        ("deflate", "identity"),
        ("br;q=2, gzip;q=nonsense", "identity"),
        ("br;q=, gzip;;", "gzip"),
        (",,;q=1", "identity"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("deflate, *;q=0, identity;q=0.1", "identity"),
    ],
)
def test_the_coding_is_the_one_that_a_browser_weighs_highest(accepted: str | None, coding: str | None) -> None:
    assert chosen(accepted, ("br", "gzip")) == coding


@pytest.mark.parametrize(("accepted", "sent"), [("gzip, br", BR), ("gzip", GZ), ("identity", TEXT)])
def test_a_file_is_sent_in_the_form_that_was_installed(folder: Path, accepted: str, sent: bytes) -> None:
    answer = ask(folder, SCRIPT, Accept_Encoding=accepted)
    assert (answer.status_code, body(answer)) == (200, sent)
    assert answer.headers["Content-Length"] == str(len(sent))
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding"
    head = ask(folder, SCRIPT, "HEAD", Accept_Encoding=accepted)
    assert body(head) == b""
    assert {**head.headers} == {**answer.headers}


def test_each_form_is_another_representation_with_an_etag_of_its_own(folder: Path) -> None:
    tags = {ask(folder, SCRIPT, Accept_Encoding=each).headers["ETag"]: each for each in ("br", "gzip", "identity")}
    assert len(tags) == 3
    for tag, accepted in tags.items():
        again = ask(folder, SCRIPT, Accept_Encoding=accepted, If_None_Match=f'"other", W/{tag}')
        assert (again.status_code, body(again), again.headers["ETag"]) == (304, b"", tag)
        assert (again.headers["Vary"], again.headers["Cache-Control"]) == ("Accept-Encoding", FOR_EVER)
        other = "gzip" if accepted == "br" else "br"
        assert ask(folder, SCRIPT, Accept_Encoding=other, If_None_Match=tag).status_code == 200


def test_a_range_is_one_of_the_bytes_that_are_sent_and_never_of_another_form(folder: Path) -> None:
    whole = ask(folder, SCRIPT, Accept_Encoding="gzip")
    part = ask(folder, SCRIPT, Accept_Encoding="gzip", Range="bytes=5-14", If_Range=whole.headers["ETag"])
    assert (part.status_code, body(part), part.headers["Content-Encoding"]) == (206, GZ[5:15], "gzip")
    assert part.headers["Content-Range"] == f"bytes 5-14/{len(GZ)}"
    other = ask(folder, SCRIPT, Accept_Encoding="br", Range="bytes=5-14", If_Range=whole.headers["ETag"])
    assert (other.status_code, body(other)) == (200, BR)
    assert ask(folder, SCRIPT, Accept_Encoding="br", Range="bytes=900-").status_code == 416


def test_a_small_text_without_an_installed_form_is_compressed_as_it_is_asked_for(folder: Path) -> None:
    plain = ask(folder, "small.css")
    packed = ask(folder, "small.css", Accept_Encoding="br, gzip")
    assert (packed.headers["Content-Encoding"], gzip.decompress(body(packed))) == ("gzip", body(plain))
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    head = ask(folder, "small.css", "HEAD", Accept_Encoding="gzip")
    assert (body(head), head.headers["Content-Length"]) == (b"", str(len(body(packed))))
    tag = packed.headers["ETag"]
    assert ask(folder, "small.css", Accept_Encoding="gzip", If_None_Match=tag).status_code == 304


@pytest.mark.parametrize("path", ["picture.png", "only-plain.js"])
def test_what_is_compressed_already_or_large_without_a_form_is_sent_as_it_is(folder: Path, path: str) -> None:
    answer = ask(folder, path, Accept_Encoding="br, gzip")
    assert body(answer) == (folder / path).read_bytes()
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers


def test_the_forms_have_no_address_of_their_own(folder: Path) -> None:
    assert [ask(folder, f"{SCRIPT}{suffix}").status_code for suffix in (".br", ".gz")] == [404, 404]


def test_who_takes_none_of_the_forms_is_told_so(folder: Path) -> None:
    assert ask(folder, SCRIPT, Accept_Encoding="zstd, identity;q=0").status_code == 406


def test_a_name_that_holds_the_contents_hash_is_kept_for_a_year_and_any_other_asked_about(folder: Path) -> None:
    kept = {path: ask(folder, path).headers["Cache-Control"] for path in (SCRIPT, "small.css", "only-plain.js")}
    assert kept == {SCRIPT: "public, max-age=31536000, immutable", "small.css": "no-cache", "only-plain.js": "no-cache"}


def test_under_its_version_a_file_is_kept_for_a_year_as_long_as_that_is_the_version(folder: Path) -> None:
    before = version_of(folder)
    assert ask(folder, f"/v-{before}/small.css").headers["Cache-Control"] == FOR_EVER
    (folder / "small.css").write_text("p { color: green }", encoding="utf-8")
    assert version_of(folder) != before
    old = ask(folder, f"/v-{before}/small.css")  # asked for by a page from before: answered, and not kept as that
    assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")


def test_a_version_names_the_content_and_not_the_form_or_the_time(folder: Path) -> None:
    before = version_of(folder)
    (folder / "small.css").touch()
    (folder / f"{SCRIPT}.br").unlink()
    assert version_of(folder) == before
