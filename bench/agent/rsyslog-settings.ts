export interface RsyslogSettings {
  /** Where it keeps positions. */
  folder: string
  brokers: readonly string[]
  topic: string
  /** Glob of the files. */
  files: string
}

/**
 * rsyslog's configuration for files to Kafka, as its users tune it: main queue and action queue in memory, with large batches, nothing
 * formatted beyond the line itself, idempotent, acks=all, and nothing given up when Kafka's queue is full. (Tried beside it: a queue
 * of the ruleset's own, linked lists, smaller batches, no queue at the action, nothing tuned: none was faster by more than the noise.)
 */
export function rsyslogSettings({ folder, brokers, topic, files }: RsyslogSettings): string {
  const confParam = [
    'acks=all',
    'enable.idempotence=true',
    'compression.codec=none',
    'queue.buffering.max.messages=1000000',
    'queue.buffering.max.kbytes=1048576',
    'batch.num.messages=10000',
    'linger.ms=50',
  ]
  return `
global(workDirectory=${quoted(folder)} maxMessageSize="64k")
main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="4096" queue.workerThreads="1")
module(load="imfile" mode="inotify")
module(load="omkafka")
template(name="line" type="string" string="%msg%")
ruleset(name="toKafka") {
  action(
    type="omkafka" topic=${quoted(topic)} broker=[${brokers.map(quoted).join(', ')}] template="line"
    partitions.auto="on" resubmitOnFailure="on" keepFailedMessages="on" failedMsgFile=${quoted(`${folder}/failed`)}
    confParam=[${confParam.map(quoted).join(', ')}]
    queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="4096" queue.workerThreads="1"
    action.resumeRetryCount="-1" action.resumeInterval="1"
  )
}
input(type="imfile" file=${quoted(files)} tag="bench" ruleset="toKafka" persistStateInterval="100000")
`
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, String.raw`\$&`)}"`
}
