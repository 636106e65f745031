"""Colours as CSS writes them (CSS Color 4); what is not understood is unknown, never a guess."""

import colorsys
import re
from functools import lru_cache
from typing import NamedTuple

_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_ARGUMENT = re.compile(r"([+-]?(?:\d{1,6}(?:\.\d{0,8})?|\.\d{1,8}))(%|deg)?")
_SEPARATORS = re.compile(r"[\s,/]+")
_CHARACTERS = 100


class Colour(NamedTuple):
    """Red, green, blue and opacity, each from 0 to 255."""

    red: int
    green: int
    blue: int
    opacity: int = 255

    @property
    def is_clear(self) -> bool:
        return self.opacity == 0


CLEAR = Colour(0, 0, 0, 0)
INHERITED = Colour(-1, -1, -1, -1)


@lru_cache(maxsize=512)
def parse_colour(text: str) -> Colour | None:
    """The colour that a style or an old attribute names; None if that cannot be told."""
    text = text.strip().lower()
    if len(text) > _CHARACTERS:
        return None
    if text == "transparent":
        return CLEAR
    found = _HEX.fullmatch(_NAMES.get(text, text))
    return _from_hex(found[1]) if found else _from_function(text)


def _from_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join([digit * 2 for digit in digits])
    return Colour(*bytes.fromhex(digits))


def _from_function(text: str) -> Colour | None:
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    pieces = _SEPARATORS.split(found[2].strip())
    arguments = [_ARGUMENT.fullmatch(piece) for piece in pieces]
    known = [argument for argument in arguments if argument is not None]
    if len(known) != len(pieces) or len(known) not in (3, 4):
        return None
    opacity = _part(known[3], 1) if len(known) == 4 else 255
    if found[1] == "rgb":
        red, green, blue = (_part(argument, 255) for argument in known[:3])
        return Colour(red, green, blue, opacity)
    return _from_hsl(known, opacity)


def _part(argument: re.Match[str], whole: int) -> int:
    share = float(argument[1]) / (100 if argument[2] == "%" else whole)
    return round(255 * min(1.0, max(0.0, share)))


def _from_hsl(arguments: list[re.Match[str]], opacity: int) -> Colour:
    hue = float(arguments[0][1]) % 360 / 360
    saturation, lightness = (min(1.0, max(0.0, float(each[1]) / 100)) for each in arguments[1:3])
    shares = colorsys.hls_to_rgb(hue, lightness, saturation)
    red, green, blue = (round(255 * share) for share in shares)
    return Colour(red, green, blue, opacity)


_NAMES: dict[str, str] = dict(
    re.findall(
        r"(\w+)=(\w+)",
        "aliceblue=f0f8ff antiquewhite=faebd7 aqua=00ffff aquamarine=7fffd4 azure=f0ffff "
        "beige=f5f5dc bisque=ffe4c4 black=000000 blanchedalmond=ffebcd blue=0000ff "
        "blueviolet=8a2be2 brown=a52a2a burlywood=deb887 cadetblue=5f9ea0 chartreuse=7fff00 "
        "chocolate=d2691e coral=ff7f50 cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c "
        "cyan=00ffff darkblue=00008b darkcyan=008b8b darkgoldenrod=b8860b darkgray=a9a9a9 "
        "darkgreen=006400 darkgrey=a9a9a9 darkkhaki=bdb76b darkmagenta=8b008b "
        "darkolivegreen=556b2f darkorange=ff8c00 darkorchid=9932cc darkred=8b0000 "
        "darksalmon=e9967a darkseagreen=8fbc8f darkslateblue=483d8b darkslategray=2f4f4f "
        "darkslategrey=2f4f4f darkturquoise=00ced1 darkviolet=9400d3 deeppink=ff1493 "
        "deepskyblue=00bfff dimgray=696969 dimgrey=696969 dodgerblue=1e90ff firebrick=b22222 "
        "floralwhite=fffaf0 forestgreen=228b22 fuchsia=ff00ff gainsboro=dcdcdc ghostwhite=f8f8ff "
        "gold=ffd700 goldenrod=daa520 gray=808080 green=008000 greenyellow=adff2f grey=808080 "
        "honeydew=f0fff0 hotpink=ff69b4 indianred=cd5c5c indigo=4b0082 ivory=fffff0 khaki=f0e68c "
        "lavender=e6e6fa lavenderblush=fff0f5 lawngreen=7cfc00 lemonchiffon=fffacd "
        "lightblue=add8e6 lightcoral=f08080 lightcyan=e0ffff lightgoldenrodyellow=fafad2 "
        "lightgray=d3d3d3 lightgreen=90ee90 lightgrey=d3d3d3 lightpink=ffb6c1 lightsalmon=ffa07a "
        "lightseagreen=20b2aa lightskyblue=87cefa lightslategray=778899 lightslategrey=778899 "
        "lightsteelblue=b0c4de lightyellow=ffffe0 lime=00ff00 limegreen=32cd32 linen=faf0e6 "
        "magenta=ff00ff maroon=800000 mediumaquamarine=66cdaa mediumblue=0000cd "
        "mediumorchid=ba55d3 mediumpurple=9370db mediumseagreen=3cb371 mediumslateblue=7b68ee "
        "mediumspringgreen=00fa9a mediumturquoise=48d1cc mediumvioletred=c71585 "
        "midnightblue=191970 mintcream=f5fffa mistyrose=ffe4e1 moccasin=ffe4b5 navajowhite=ffdead "
        "navy=000080 oldlace=fdf5e6 olive=808000 olivedrab=6b8e23 orange=ffa500 orangered=ff4500 "
        "orchid=da70d6 palegoldenrod=eee8aa palegreen=98fb98 paleturquoise=afeeee "
        "palevioletred=db7093 papayawhip=ffefd5 peachpuff=ffdab9 peru=cd853f pink=ffc0cb "
        "plum=dda0dd powderblue=b0e0e6 purple=800080 rebeccapurple=663399 red=ff0000 "
        "rosybrown=bc8f8f royalblue=4169e1 saddlebrown=8b4513 salmon=fa8072 sandybrown=f4a460 "
        "seagreen=2e8b57 seashell=fff5ee sienna=a0522d silver=c0c0c0 skyblue=87ceeb "
        "slateblue=6a5acd slategray=708090 slategrey=708090 snow=fffafa springgreen=00ff7f "
        "steelblue=4682b4 tan=d2b48c teal=008080 thistle=d8bfd8 tomato=ff6347 turquoise=40e0d0 "
        "violet=ee82ee wheat=f5deb3 white=ffffff whitesmoke=f5f5f5 yellow=ffff00 "
        "yellowgreen=9acd32",
    )
)
