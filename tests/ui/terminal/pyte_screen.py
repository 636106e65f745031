"""pyte's screen, mended."""

import pyte


class PyteScreen(pyte.Screen):
    """Setting margins brings the cursor home, as on every terminal."""

    def set_margins(self, top: int | None = None, bottom: int | None = None) -> None:
        super().set_margins(top, bottom)
        self.cursor_position()
