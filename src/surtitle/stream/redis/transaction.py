"""Outputs and epochs in one step of the server: two scripts, which a retry cannot make happen twice.

A hash holds, for each scope, the epoch committed last and who may commit the next one. Whoever starts claims the
scopes; what a predecessor has sent and the server has not run yet is refused from then on. A commit names what it
expects to find and what it leaves. If it finds the latter it has happened already, and its answer was lost.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

__all__ = ["Epochs", "Output"]

_CLAIM = """
local found = redis.call('HGET', KEYS[1], ARGV[1]) or '0'
local epoch = string.match(found, '^%d+')
redis.call('HSET', KEYS[1], ARGV[1], epoch .. ' ' .. ARGV[2])
return tonumber(epoch)
"""

# A script that fails in the middle leaves what it has done. So all that can fail comes before the first XADD.
_COMMIT = """
local at, before, after = 2, 0, 0
local scopes = tonumber(ARGV[1])
for _ = 1, scopes do
    local found = redis.call('HGET', KEYS[1], ARGV[at])
    if found == ARGV[at + 1] then before = before + 1 end
    if found == ARGV[at + 2] then after = after + 1 end
    at = at + 3
end
if after == scopes then return 1 end
if before < scopes then return 0 end
for place = 2, #KEYS do
    local kind = redis.call('TYPE', KEYS[place]).ok
    if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply('WRONGTYPE ' .. KEYS[place]) end
end
while at <= #ARGV do
    local entry = {KEYS[tonumber(ARGV[at])]}
    if ARGV[at + 1] ~= '0' then entry = {entry[1], 'MAXLEN', '~', ARGV[at + 1]} end
    entry[#entry + 1] = '*'
    for field = 1, 2 * tonumber(ARGV[at + 2]) do entry[#entry + 1] = ARGV[at + 2 + field] end
    redis.call('XADD', unpack(entry))
    at = at + 3 + 2 * tonumber(ARGV[at + 2])
end
for scope = 0, scopes - 1 do redis.call('HSET', KEYS[1], ARGV[2 + 3 * scope], ARGV[4 + 3 * scope]) end
return 1
"""


class Output(msgspec.Struct, frozen=True, gc=False):
    """An entry to add to a stream.

    Parameters
    ----------
    stream : str
        Its key.
    maxlen : int
        About how many entries to keep there; 0: all.
    fields : list of bytes or str
        Names and values in turn.
    """

    stream: str
    maxlen: int
    fields: list[bytes | str]

    @property
    def command(self) -> list[bytes | str | int]:
        """The command that adds it."""
        limit: list[str | int] = ["MAXLEN", "~", self.maxlen] if self.maxlen else []
        return ["XADD", self.stream, *limit, "*", *self.fields]


class Epochs:
    """The epochs of one stream's scopes on a server.

    Parameters
    ----------
    key : str
        Of the hash.
    owner : str
        Names this process among all that ever claim.
    """

    def __init__(self, key: str, owner: str) -> None:
        self.key = key
        self._owner = owner

    def claim(self, client: Any, scope: str) -> int:
        """Return the epoch that was committed last; nobody but we may commit the next."""
        return int(client.register_script(_CLAIM)(keys=[self.key], args=[scope, self._owner]))

    def commit(self, client: Any, epochs: Mapping[str, int], outputs: Sequence[Output]) -> bool:
        """Add entries and count the epochs up to these, all or nothing; calling again does nothing.

        Returns
        -------
        bool
            Whether it has happened. If not, another process has claimed a scope, or the server has gone back to an
            earlier state.
        """
        streams = list(dict.fromkeys(output.stream for output in outputs))
        places = {stream: place for place, stream in enumerate(streams, start=2)}
        marks = [(scope, self._mark(epoch - 1), self._mark(epoch)) for scope, epoch in epochs.items()]
        entries = [(places[each.stream], each.maxlen, len(each.fields) // 2, *each.fields) for each in outputs]
        arguments = [len(marks), *chain.from_iterable(marks), *chain.from_iterable(entries)]
        return bool(client.register_script(_COMMIT)(keys=[self.key, *streams], args=arguments))

    def _mark(self, epoch: int) -> str:
        return f"{epoch} {self._owner}"
