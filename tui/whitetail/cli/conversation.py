"""Prints a thread as a conversation, for `whitetail show --thread`."""

from __future__ import annotations

import sys

from whitetail.cli.output import Output
from whitetail.cli.records import whole_event_record
from whitetail.run.conversation import Conversation, Message
from whitetail.source.listing import Listing
from whitetail.view.brief import plain
from whitetail.view.conversation import message_lines, message_text
from whitetail.view.lists.event import summarize
from whitetail.view.units import moment


def print_conversation(
    listing: Listing, thread: str, chosen_format: str, output: Output
) -> None:
    """Print the messages of a thread, from the first one on."""
    keys = sorted(key for key in listing.stamps if key[0] == thread)
    rows = {key: listing.open(key) for key in keys}
    conversation = Conversation(lambda: keys, rows.__getitem__)
    conversation.load_newer()
    conversation.load_older(sys.maxsize)
    for key, problem in conversation.problems.items():
        output.note(f"{'/'.join(key)}: {problem}")
    if chosen_format in ("text", "markdown") and keys:
        listing.read(keys[0])
        title = listing.title(thread) or listing.catalog.summary(keys[0]).prompt
        mark = "# " if chosen_format == "markdown" else ""
        output.line([(f"{mark}{plain(title)}", "heading")])
    for message in conversation.messages:
        key, row = message.key.run, message.key.row
        if chosen_format == "json":
            text = summarize(message.event).summary
            output.json(whole_event_record(key, row, message.event, text))
        elif chosen_format == "raw":
            output.raw(rows[key].raw(row))
        elif chosen_format == "text" and output.width is not None:
            for line in message_lines(message.event, output.width):
                output.line(line)
        else:
            _print_plain(message, output, markdown=chosen_format == "markdown")


def _print_plain(message: Message, output: Output, *, markdown: bool) -> None:
    """Print a message as it was written."""
    text = message_text(message.event)
    if not text:
        return
    summary = summarize(message.event)
    mark = "## " if markdown else f"{summary.sign} "
    output.text("")
    output.text(f"{mark}{summary.kind} · {moment(message.event.time)}")
    output.text("")
    output.texts(text)
