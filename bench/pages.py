"""The same pages twice: a library for the kiosk, and static HTML for the rival.

The HTML is drawn from the kiosk's own widget tree: the same texts, places, fonts, icons
and pictures, one page for a screen, switched by a few lines of script. A browser is
thus spared the layout that a real site would ask of it, which favours the rival.

    python -m bench.pages FOLDER

writes ``kiosk.toml``, ``data/`` and ``rival/index.html``, and ``steps.json``: where to
tap, in pixels from the top left, to go from screen to screen.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from html import escape
from pathlib import Path

from content.library import Library
from content.model import Article, Block, Content
from content.release import build_library
from content.source import read_content
from kiosk.environment import prepare
from kiosk.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "kiosk" / "assets"
LANGUAGE = "uz-Cyrl"
DESTINATION = "RU"
WORDS = 2000
LONG = "long"


def with_long_article(content: Content) -> Content:
    """The guides, and one article of about ``WORDS`` words made of all the others."""
    guide = next(one for one in content.guides if one.iso == DESTINATION)
    blocks: list[Block] = []
    words = 0
    for article in guide.articles:
        for block in article.blocks:
            if words < WORDS and block.contact is None:
                name = f"b{len(blocks)}"
                blocks.append(dataclasses.replace(block, id=name, passports=()))
                words += sum(len(text.source.split()) for text in block.texts())
    first = guide.articles[1]
    long = Article(
        id=LONG,
        topic=first.topic,
        title=first.title,
        lead=first.lead,
        risk=first.risk,
        verified_on=first.verified_on,
        review_by=first.review_by,
        blocks=tuple(blocks),
        place=first.place,
    )
    longer = dataclasses.replace(guide, articles=(guide.articles[0], long, *guide.articles[1:]))
    guides = tuple(longer if one.iso == DESTINATION else one for one in content.guides)
    return dataclasses.replace(content, guides=guides)


class Drawing:
    """One kiosk screen as absolutely placed HTML.

    Args:
        screen: a placed screen of the kiosk.
        style: the style that it was placed with.
        picture: what is on the glass, for the parts that are pictures.
        folder: where those pictures go.
    """

    def __init__(self, kiosk, screen, picture: Path, folder: Path) -> None:
        self.kiosk, self.screen, self.style = kiosk, screen, kiosk.style
        self.height = kiosk.settings.panel.height
        self._picture, self._folder = picture, folder
        self._count = 0

    def html(self) -> str:
        """The screen's inner HTML."""
        return "".join(self._part(part, 0, self.height) for part in self.screen.parts())

    def colour(self, token: str) -> str:
        """A token as ``rgb(...)``."""
        return "rgb({},{},{})".format(*(round(255 * part) for part in self.style.colour(token)[:3]))

    def _part(self, part, left: float, top: float) -> str:
        from kiosk.screens.code import Code
        from kiosk.widgets.controls import Band, Countdown
        from kiosk.widgets.node import Rule, Surface
        from kiosk.widgets.press import Pressable
        from kiosk.widgets.scroll import Scroll
        from kiosk.widgets.words import Flag, Icon, Words

        if not part.opacity:
            return ""
        box = f"left:{part.x - left:.0f}px;top:{top - part.top:.0f}px;"
        box += f"width:{part.width:.0f}px;height:{part.height:.0f}px"
        if isinstance(part, Scroll):
            return self._scroll(part, box)
        inner = ""
        if isinstance(part, Surface) and (part.fill or part.edge):
            radius, edge = self.style.px(3), self.style.px(0.5)
            ground = self.colour(part.fill) if part.fill else "transparent"
            line = f"border:{edge}px solid {self.colour(part.edge)};" if part.edge else ""
            inner += f'<i style="{box};background:{ground};border-radius:{radius}px;{line}"></i>'
        if isinstance(part, Words):
            inner += self._words(part, box)
        elif isinstance(part, Icon) and part.name:
            inner += self._icon(part, left, top)
        elif isinstance(part, Flag):
            tall = self.style.px(part.tall)
            y = top - part.top + (part.height - tall) // 2
            spot = f"left:{part.x - left:.0f}px;top:{y:.0f}px;height:{tall}px"
            inner += f'<img src="flags/{part.iso}.png" style="{spot}">'
        elif isinstance(part, Band | Code):
            inner += f'<img src="{self._crop(part)}" style="{box}">'
        elif isinstance(part, Countdown):
            inner += f'<i style="{box};background:{self.colour("apricot")}"></i>'
        elif isinstance(part, Rule):
            inner += f'<i style="{box};background:{self.colour("line")}"></i>'
        inner += "".join(self._part(child, left, top) for child in part.parts())
        if isinstance(part, Pressable):
            inner += f'<b data-to="{target(part)}" style="{box}"></b>'
        return inner

    def _scroll(self, scroll, box: str) -> str:
        scroll._measure(None)
        top = scroll.y + scroll.height
        inner = ""
        for item, start in zip(scroll.items, scroll._tops, strict=True):
            tall = item.fit(self.style, int(scroll.width))
            item.place(self.style, int(scroll.x), int(top - start - tall), int(scroll.width), tall)
            inner += self._part(item, scroll.x, top)
        tail = f'<i style="left:0;width:1px;height:1px;top:{scroll.content_height - 1}px"></i>'
        return f'<div class="scroll" style="{box}">{inner}{tail}</div>'

    def _words(self, part, box: str) -> str:
        from kiosk.theme import ROLES

        role, size = ROLES[part.role], self.style.font_size(part.role)
        pieces = escape(part.text).split("**")
        text = "".join(f"<strong>{one}</strong>" if index % 2 else one for index, one in enumerate(pieces))
        return (
            f'<p style="{box};font-size:{size}px;line-height:{role.line};color:{self.colour(part.ink)};'
            f'font-weight:{600 if role.bold else 400};text-align:{part.align}">{text}</p>'
        )

    def _icon(self, part, left: float, top: float) -> str:
        from kiosk.widgets.words import TINT, icon_codes

        size = self.style.px(part.tall)
        x = part.x - left + ((part.width - size) // 2 if part.centred else 0)
        y = top - part.top + (part.height - size) // 2
        tint, line = icon_codes()[part.name]
        place = f"left:{x:.0f}px;top:{y:.0f}px;font-size:{size}px"
        shadow = (
            "" if part.plain else self._sign(tint, f"{place};color:{self.colour(part.tint)};opacity:{TINT}")
        )
        return shadow + self._sign(line, f"{place};color:{self.colour(part.ink)}")

    def _sign(self, code: int, style: str) -> str:
        return f'<u style="{style}">&#{code};</u>'

    def _crop(self, part) -> str:
        from PIL import Image

        self._count += 1
        name = f"{self.screen.route.screen}-{self._count}.png"
        box = (part.x, self.height - part.top, part.right, self.height - part.y)
        with Image.open(self._picture) as whole:
            whole.convert("RGB").crop(tuple(round(one) for one in box)).save(self._folder / name)
        return name


def target(control) -> str:
    """The name of the page that a control leads to, or ``back``."""
    route = control.leads_to
    return "back" if route is None else page_name(route)


def page_name(route) -> str:
    """A route as a page's name."""
    return "-".join(filter(None, (route.screen, route.destination, route.article, route.contact)))


PAGE = """<!doctype html><html lang="uz-Cyrl"><meta charset="utf-8"><title>Kiosk</title><style>
@font-face {{ font-family: Inter; src: url(Inter-Regular.ttf); font-weight: 400 }}
@font-face {{ font-family: Inter; src: url(Inter-SemiBold.ttf); font-weight: 600 }}
@font-face {{ font-family: Icons; src: url(icons.ttf) }}
html, body {{ margin: 0; background: {ground}; overflow: hidden; height: 100%; user-select: none }}
section {{ position: fixed; inset: 0; display: none }} section.on {{ display: block }}
i, p, b, u, img, .scroll {{ position: absolute; display: block; box-sizing: border-box; margin: 0 }}
p {{ font-family: Inter }} strong {{ font-weight: 600 }}
u {{ font-family: Icons; text-decoration: none; line-height: 1; white-space: pre }}
b:active {{ background: rgba(22, 36, 46, .14); border-radius: 13px }}
.scroll {{ overflow-x: hidden; overflow-y: scroll; scrollbar-width: none }}
</style><body>{sections}<script>
const trail = ["start"];
function show(name) {{
  document.querySelector("section.on")?.classList.remove("on");
  document.getElementById(name).classList.add("on");
}}
document.addEventListener("click", (event) => {{
  const to = event.target.dataset?.to;
  if (!to) return;
  if (to === "back") {{ if (trail.length > 1) trail.pop(); }}
  else if (document.getElementById(to)) trail.push(to);
  show(trail.at(-1));
}});
show("start");
</script></body></html>
"""


def write_pages(folder: Path) -> None:
    """Write everything that the screen benchmark needs below ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    rival = folder / "rival"
    (rival / "flags").mkdir(parents=True)
    for path in (ASSETS / "flags" / "97").glob("*.png"):
        shutil.copy(path, rival / "flags")
    for name in ("fonts/Inter-Regular.ttf", "fonts/Inter-SemiBold.ttf", "icons/icons.ttf"):
        shutil.copy(ASSETS / name, rival)
    content, _ = read_content(ROOT / "content")
    library = folder / "data" / "releases" / "1" / "library.sqlite"
    build_library(with_long_article(content), library)
    (folder / "kiosk.toml").write_text('airport = "tashkent"\ndata = "data"\nidle_seconds = 600\n')
    settings = read_settings(folder / "kiosk.toml", folder / "data")
    prepare(settings.panel, windowed=False, offscreen=True)
    from kiosk.app import make_kiosk
    from kiosk.driver import Driver

    kiosk = make_kiosk(settings, Library.open(library), ROOT / "locales")
    driver = Driver(kiosk)
    walk = Walk(driver, folder)
    walk.run()
    page = PAGE.format(ground="rgb(251,250,246)", sections="".join(walk.sections))
    (rival / "index.html").write_text(page, encoding="utf-8")
    (folder / "steps.json").write_text(json.dumps(walk.steps), encoding="ascii")
    driver.close()


class Walk:
    """Walks the kiosk once; draws each screen and notes where the taps go."""

    def __init__(self, driver, folder: Path) -> None:
        self.driver, self.folder = driver, folder
        self.sections: list[str] = []
        self.steps: list[dict] = []

    def run(self) -> None:
        """Start, destinations, guide, article, long article, contacts, and back."""
        kiosk, driver = self.driver.kiosk, self.driver
        said = kiosk.said
        self._draw()
        endonym = next(one.endonym for one in kiosk.languages() if one.code == LANGUAGE)
        self._tap("destinations", endonym)
        self._tap("guide", next(one.name for one in kiosk.destinations() if one.iso == DESTINATION))
        guide = kiosk.library.guide(DESTINATION, LANGUAGE, kiosk.visit.passport)
        before, long = guide.articles[0], guide.articles[1]
        self._tap("article", before.title)
        self._tap("back to guide", said("Go back"), draw=False)
        self._tap("long article", long.title)
        self._tap("back to guide", said("Go back"), draw=False)
        self._tap("back to destinations", said("Go back"), draw=False)
        self._tap("offer check", kiosk.library.offer(LANGUAGE).title)
        self._tap("back to destinations", said("Go back"), draw=False)
        self._tap("back to start", said("Go back"), draw=False)
        driver.kiosk.finish()

    def _tap(self, name: str, spoken: str, draw: bool = True) -> None:
        from kiosk.driver import middle

        kiosk = self.driver.kiosk
        control = next(one for one in self.driver.controls() if one.spoken == spoken)
        x, y = middle(control)
        height = kiosk.settings.panel.height
        scroll = kiosk.screen.scroll
        assert scroll.offset == 0
        self.steps.append({"name": name, "x": round(x), "y": round(height - y), "page": ""})
        self.driver.touch(x, y)
        self.steps[-1]["page"] = page_name(kiosk.screen.route)
        if draw:
            self._draw()

    def _draw(self) -> None:
        kiosk = self.driver.kiosk
        picture = self.driver.picture(self.folder / "pictures" / f"{page_name(kiosk.screen.route)}.png")
        drawing = Drawing(kiosk, kiosk.screen, picture, self.folder / "rival")
        name = page_name(kiosk.screen.route)
        self.sections.append(f'<section id="{name}">{drawing.html()}</section>')


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]).resolve())
