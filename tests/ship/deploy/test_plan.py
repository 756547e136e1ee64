from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import UsageError
from surtitle.ship.deploy.plan import Plan, check_domain, check_path, parse_image, slug_of

DIGEST = "sha256:" + 64 * "a"


@pytest.mark.parametrize(
    ("text", "name", "tag"),
    [
        (f"moderation@{DIGEST}", "moderation", ""),
        (f"ghcr.io/opera/moderation:1.2@{DIGEST}", "ghcr.io/opera/moderation", "1.2"),
        (f"localhost:5000/a/b_c:x-1@{DIGEST}", "localhost:5000/a/b_c", "x-1"),
    ],
)
def test_an_image_is_read(text: str, name: str, tag: str) -> None:
    image = parse_image(text)
    assert (image.name, image.tag, image.digest, str(image)) == (name, tag, DIGEST, text)


@pytest.mark.parametrize(
    "text", ["", "Opera", "a b", "-a", f"a@{DIGEST}0", "a@sha256:12", f"a:@{DIGEST}", "a;rm@x", "$(x)"]
)
def test_what_is_no_image_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not the name of an image"):
        parse_image(text)


@pytest.mark.parametrize("text", ["moderation", "moderation:latest", "ghcr.io/opera/moderation:1.2"])
def test_an_image_without_digest_is_refused_with_the_command_that_tells_it(text: str) -> None:
    with pytest.raises(UsageError, match="skopeo inspect"):
        parse_image(text)


@given(st.text())
def test_a_slug_is_a_name_for_containers_whatever_the_project_is_called(name: str) -> None:
    slug = slug_of(name)
    assert 0 < len(slug) <= 46
    assert slug.isascii()
    assert slug[0].isalpha()
    assert slug[-1].isalnum()
    assert slug == slug.lower()
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("domain", ["", "a b", "a;b", "-a.org", "UPPER.org", "a" * 300, "x{}", "a\nb"])
def test_what_is_no_host_name_is_refused(domain: str) -> None:
    with pytest.raises(UsageError, match="--domain"):
        check_domain(domain)


@pytest.mark.parametrize("path", ["/a b", "/a%h", "/a;b", "/a$b", '/a"b', "/a\nb", "a/b", "/ä"])
def test_a_path_that_means_something_to_a_unit_file_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="unit file"):
        check_path(Path(path), "the folder")


def test_ports_follow_the_setting_and_end_somewhere(plan: Plan) -> None:
    assert [plan.port_of(each) for each in (1, 2)] == [8081, 8082]
    settings = plan.project.settings
    high = msgspec.structs.replace(settings, serve=msgspec.structs.replace(settings.serve, port=65_535))
    there = msgspec.structs.replace(plan, project=msgspec.structs.replace(plan.project, settings=high))
    with pytest.raises(UsageError, match="no port left"):
        there.port_of(1)
