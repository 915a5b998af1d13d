"""pywa's webhook endpoint on FastAPI: it checks the signature, answers, and calls a handler.

Nothing is stored. Of pywa's two clients this is the one for asyncio, which is the faster here.
"""

from __future__ import annotations

import logging

import uvloop
from fastapi import FastAPI
from pywa_async.client import WhatsApp
from pywa_async.handlers import MessageHandler

from ..webhooks import APP_SECRET, VERIFY_TOKEN
from .serving import serve

PATH = "/webhook"


def application() -> FastAPI:
    app = FastAPI()
    whatsapp = WhatsApp(
        server=app,
        webhook_endpoint=PATH,
        verify_token=VERIFY_TOKEN,
        validate_updates=True,
        app_secret=APP_SECRET,
        # The bodies come for many numbers, and each of them is to reach the handler.
        filter_updates=False,
    )

    whatsapp.add_handlers(MessageHandler(_note))
    return app


async def _note(_: object, message: object) -> None: ...


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(serve(application()))
