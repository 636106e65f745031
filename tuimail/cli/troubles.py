"""What the servers do not give out, as the stores remember it: no engine is asked."""

from tuimail.cli.run import Run
from tuimail.cli.session import local_account
from tuimail.config.schema import AccountConfig
from tuimail.model.trouble import Trouble
from tuimail.store.store import Store, StoreError


def sure_troubles(run: Run, account: AccountConfig) -> list[Trouble]:
    """Those that are no chance; none where the store cannot be read, which is told elsewhere."""
    folders = local_account(run.paths, account).folders
    try:
        with Store(account.name, folders, writer=False) as store:
            return [each for each in store.troubles() if each.tries]
    except StoreError:
        return []
