"""Every picture of the documentation is made by `make screenshots`, and is shown somewhere."""

from pathlib import Path

from tools.screenshots import IMAGES, NAMES

ROOT = Path(__file__).parents[3]


def test_every_picture_can_be_made_anew_and_is_shown_with_words_for_whoever_does_not_see_it() -> (
    None
):
    assert sorted(each.name for each in IMAGES.iterdir()) == [f"{name}.png" for name in NAMES]
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(each.read_text() for each in pages)
    for name in NAMES:
        before, shown, _ = text.partition(f"images/{name}.png)")
        assert shown, name
        assert (
            before.rpartition("![")[2].removesuffix("../").removesuffix("docs/").removesuffix("](")
        )
