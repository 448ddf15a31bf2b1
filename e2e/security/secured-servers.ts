import {
  apiKey,
  basic,
  type Certificates,
  HttpsGate,
  LogDir,
  makeCertificates,
  type Scope,
  type SecureEtcd,
  type SecureKafka,
  type SettingsTree,
  startSecureEtcd,
  startSecureKafka,
} from '@logpipe/testkit'

export const secret = 'n0t-to-be-seen'
export const ip = '10.77.0.1'
export const prefix = '/secure'

interface Servers {
  kafka: SecureKafka
  etcd: SecureEtcd
  gate: HttpsGate
  /** Paths of the PEM files. */
  files: { ca: string; cert: string; key: string }
  /** What stands in them, among others. */
  texts: Certificates
}

/** Kafka, etcd and Elasticsearch that all want TLS and a sign-in, and what our programs need to come in. */
export class SecuredServers {
  readonly kafka: SecureKafka
  readonly etcd: SecureEtcd
  readonly gate: HttpsGate
  readonly files: Servers['files']
  readonly texts: Certificates

  private constructor({ kafka, etcd, gate, files, texts }: Servers) {
    this.kafka = kafka
    this.etcd = etcd
    this.gate = gate
    this.files = files
    this.texts = texts
  }

  /** `node` is the Elasticsearch behind the gate. */
  static async start(scope: Scope, node: string): Promise<SecuredServers> {
    const ways = await makeCertificates()
    const { identity, ca, client } = ways
    const accounts = [{ name: 'alice', password: secret }]
    const admitted = new Set([basic('alice', secret), apiKey(secret)])
    const [kafka, etcd, gate] = await Promise.all([
      startSecureKafka(scope, { ...ways, accounts }),
      startSecureEtcd(scope, { identity, accounts, prefix }),
      HttpsGate.start(scope, node, { identity, admitted }),
    ])
    const dir = LogDir.create(scope, 'logpipe-pem-')
    const write = (name: string, text: string): string => {
      dir.append(name, text)
      return dir.file(name)
    }
    const files = { ca: write('ca.pem', ca), cert: write('cert.pem', client.cert), key: write('key.pem', client.key) }
    return new SecuredServers({ kafka, etcd, gate, files, texts: ways })
  }

  /** Of an agent whose entries come from etcd. */
  agentSettings(password = secret): SettingsTree & { kafka: SettingsTree } {
    return {
      kafka: {
        brokers: [this.kafka.saslTls],
        tls: { ca: this.files.ca },
        sasl: { mechanism: 'SCRAM-SHA-512', username: 'alice', password },
      },
      etcd: { endpoints: [this.etcd.endpoint], prefix, username: 'alice', password, tls: this.files },
      ip,
    }
  }

  /** Kafka lets it in by its certificate, Elasticsearch by its key. */
  transferSettings(topic: string, key = secret): SettingsTree {
    return {
      kafka: { brokers: [this.kafka.tls], group: topic, topics: [topic], tls: this.files },
      elasticsearch: { nodes: [this.gate.url], apiKey: key, ca: this.files.ca },
      etcd: { endpoints: [this.etcd.endpoint], prefix, username: 'alice', password: secret, tls: this.files },
    }
  }

  /** With user name and password everywhere. */
  logctlEnvironment(topic: string, password = secret): Record<string, string> {
    return {
      LOGCTL_KAFKA: this.kafka.saslTls,
      LOGCTL_KAFKA_CA: this.files.ca,
      LOGCTL_KAFKA_USERNAME: 'alice',
      LOGCTL_KAFKA_PASSWORD: password,
      LOGCTL_ETCD: this.etcd.endpoint,
      LOGCTL_ETCD_PREFIX: prefix,
      LOGCTL_ETCD_CA: this.files.ca,
      LOGCTL_ETCD_CERT: this.files.cert,
      LOGCTL_ETCD_KEY: this.files.key,
      LOGCTL_ETCD_USERNAME: 'alice',
      LOGCTL_ETCD_PASSWORD: password,
      LOGCTL_ELASTICSEARCH: this.gate.url,
      LOGCTL_ELASTICSEARCH_CA: this.files.ca,
      LOGCTL_ELASTICSEARCH_USERNAME: 'alice',
      LOGCTL_ELASTICSEARCH_PASSWORD: password,
      LOGCTL_GROUP: topic,
    }
  }
}
