import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import type { Check } from '../check.ts'
import { type Finding, ok, problem } from '../finding.ts'
import { brokerTimeouts, type KafkaPatient } from './patient.ts'

/** Whether each broker can be reached and lets us in: those that were given, and those that they name, which are the ones agents talk to. */
export const brokers: Check<KafkaPatient> = {
  about: 'Kafka',
  name: 'brokers',
  async look({ cluster, settings }, signal) {
    const given = await Promise.all(settings.brokers.map((address) => probe(address, settings, signal)))
    const findings = given.flatMap(({ address, fault }) =>
      fault === null
        ? []
        : [problem(fault, `Is the broker ${address} running, and does its address lead there from here?`)],
    )
    if (given.every(({ fault }) => fault !== null)) return findings
    await cluster.ping(signal)
    const named = cluster.metadata.brokers().map(({ host, port }) => `${host}:${port}`)
    const further = named.filter((address) => !settings.brokers.includes(address))
    for (const { address, fault } of await Promise.all(further.map((one) => probe(one, settings, signal)))) {
      if (fault !== null) findings.push(unreachable(address, fault))
    }
    const answering = named.length === 1 ? '1 broker is' : `${named.length} brokers are`
    return [...findings, ok(`${answering} in the cluster: ${named.join(', ')}.`)]
  },
}

function unreachable(address: string, fault: string): Finding {
  return problem(
    `Kafka names a broker ${address}, which cannot be reached from here: ${fault}`,
    'Set advertised.listeners of that broker to an address that agents and transfers reach.',
  )
}

async function probe(
  address: string,
  settings: KafkaPatient['settings'],
  signal: AbortSignal,
): Promise<{ address: string; fault: string | null }> {
  const cluster = new Cluster({ ...settings, ...brokerTimeouts, brokers: [address] })
  try {
    await cluster.ping(signal)
    return { address, fault: null }
  } catch (error) {
    return { address, fault: describeError(error) }
  } finally {
    await cluster.close()
  }
}
