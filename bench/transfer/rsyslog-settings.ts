export interface RsyslogSettings {
  /** Where it keeps its state. */
  folder: string
  brokers: readonly string[]
  topic: string
  group: string
  /** URL of the node. */
  node: string
  index: string
}

/**
 * rsyslog's configuration for Kafka to Elasticsearch, as its users tune it: bulk mode, large batches, queues in memory, two workers so
 * that two requests are under way, nothing given up. Its documents have two fields and no id of their own.
 */
export function rsyslogSettings({ folder, brokers, topic, group, node, index }: RsyslogSettings): string {
  const { hostname, port } = new URL(node)
  return `
global(workDirectory=${quoted(folder)} maxMessageSize="64k")
main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="10000" queue.workerThreads="1")
module(load="imkafka")
module(load="omelasticsearch")
template(name="document" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timegenerated" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="rawmsg" format="jsonf")
}
ruleset(name="toElasticsearch") {
  action(
    type="omelasticsearch" server=${quoted(hostname)} serverport=${quoted(port)} template="document"
    searchIndex=${quoted(index)} searchType="" bulkmode="on" maxbytes="20m"
    queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="10000" queue.workerThreads="2"
    queue.workerThreadMinimumMessages="10000" action.resumeRetryCount="-1" action.resumeInterval="1"
  )
}
input(
  type="imkafka" topic=${quoted(topic)} broker=[${brokers.map(quoted).join(', ')}] consumergroup=${quoted(group)} ruleset="toElasticsearch"
  confParam=["auto.offset.reset=earliest", "fetch.message.max.bytes=4194304", "queued.max.messages.kbytes=65536"]
)
`
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, String.raw`\$&`)}"`
}
