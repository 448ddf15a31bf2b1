import { brokerDisks } from '@logpipe/kafka'
import type { Check } from '../check.ts'
import { diskFinding } from '../disk.ts'
import { unknown } from '../finding.ts'
import type { KafkaPatient } from './patient.ts'

/** Room on the brokers' disks: a broker whose disk is full stops. */
export const disks: Check<KafkaPatient> = {
  about: 'Kafka',
  name: 'disks',
  async look({ cluster }, signal) {
    await cluster.ping(signal)
    const found = (await brokerDisks(cluster, signal)).filter(({ totalBytes }) => totalBytes > 0)
    if (found.length === 0) {
      return [
        unknown(
          'The brokers do not tell how full their disks are.',
          'It takes DESCRIBE on the cluster, and Kafka 3.3.',
        ),
      ]
    }
    return found.map(({ broker, folder, totalBytes, usableBytes }) =>
      diskFinding(
        { where: `Broker ${broker}, ${folder}`, totalBytes, freeBytes: usableBytes },
        'Shorten retention.ms or retention.bytes of large topics, or give the broker a larger disk; it stops when the disk is full.',
      ),
    )
  },
}
