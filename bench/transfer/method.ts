/** What is measured and how, in sentences: printed with every run and on the page. */
export const method: readonly string[] = [
  'All read, or are made of, the same access lines of 226 bytes: 6 partitions, zstd, the headers of logagent. Servers and contestants share one machine.',
  'bulk limit: a loop that posts bodies prepared before the clock runs; the same documents, ids and target as logtransfer makes, ' +
    '10,000 a request, 2 under way, the same parts of the answer asked for. It has no broker to read from, no offsets and no accounts to keep.',
  "bare loop, JSON.stringify: the same loop making each body when it is sent; its process's CPU is what logtransfer's is compared with.",
  'logtransfer and rsyslog start on a topic that is full already. The clock runs between 15 and 95 % of the documents, as the server counts them; ' +
    'starting, joining the group and the last requests are not in it.',
  'CPU is user and system time of the process from /proc, over the same stretch.',
  'Contestants take turns, another one first in each round, after rounds to warm the server up until the bulk limit grows by less than 5 %; before each round the server has finished its merges.',
  'Every document of logtransfer and of the loops is accounted for by count, by the sum of its offset and, for 500 of them, by id and content; ' +
    "rsyslog's by count and, for 20, by text. Its documents hold a time and the line, without ids, in the index that Elasticsearch makes of them (the line as text and as a keyword); " +
    'and, once more, in one with the mapping that logtransfer installs.',
  'decode: fetched batches in memory; checksum, zstd, place, timestamp and both headers of each record, one batch after the other, middle of seven passes.',
  'one and two instances: nginx lines, parsed, to a server that takes everything at once; each instance bound to a processor of its own, or, where there are fewer than four, to its part of one. Each has as many lines to do as the other, and as the one alone.',
]
