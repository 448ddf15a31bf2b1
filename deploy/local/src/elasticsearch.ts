import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assets } from './folders.ts'
import { answersWell } from './http-probe.ts'
import { fetchJars } from './jars.ts'
import { findJava, javaFlags } from './java.ts'
import type { PlanContext } from './plan.ts'
import type { ServerPlan } from './server.ts'

const oldestJava = 21

/** Plans one Elasticsearch node: `ports` are those of HTTP and of transport. */
export async function planElasticsearch(ports: number[], heap: string, context: PlanContext): Promise<ServerPlan> {
  const java = await findJava(oldestJava, 'Elasticsearch')
  const jars = await fetchJars('elasticsearch', context, blankModuleName)
  const [port, transportPort] = ports
  if (port === undefined || transportPort === undefined) throw new RangeError('Elasticsearch needs two ports.')
  const home = join(context.dataFolder, 'elasticsearch-1')
  await mkdir(join(home, 'config'), { recursive: true })
  await writeFile(join(home, 'config/elasticsearch.yml'), settings(port, transportPort))
  const temporaryFolder = join(home, 'tmp')
  await mkdir(temporaryFolder, { recursive: true })
  const flags = [
    ...javaFlags(heap, temporaryFolder),
    '--add-modules=jdk.incubator.vector',
    '--enable-native-access=ALL-UNNAMED',
  ]
  const launcher = join(assets, 'elasticsearch/EsNode.java')
  const health = `http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=1s`
  return {
    name: 'elasticsearch-1',
    program: java.program,
    args: [...flags, '-cp', `${jars}/lib/*`, launcher, home, `${jars}/modules`],
    env: process.env,
    cwd: home,
    logFile: join(context.logFolder, 'elasticsearch-1.log'),
    ports: [
      { port, use: 'Elasticsearch' },
      { port: transportPort, use: 'Elasticsearch transport' },
    ],
    isReady: (signal) => answersWell(health, signal),
  }
}

function settings(port: number, transportPort: number): string {
  return `cluster.name: logpipe-local
node.name: elasticsearch-1
network.host: 127.0.0.1
http.port: ${port}
transport.port: ${transportPort}
discovery.type: single-node
# In bytes: at the usual 90 % a developer's disk refuses new indices while it has many gigabytes left.
cluster.routing.allocation.disk.watermark.low: 2gb
cluster.routing.allocation.disk.watermark.high: 1gb
cluster.routing.allocation.disk.watermark.flood_stage: 500mb
`
}

/** The server stands on the class path; a module name in the descriptor would have it looked for on the module path. */
async function blankModuleName(folder: string): Promise<void> {
  const descriptor = join(folder, 'modules/transport-netty4/plugin-descriptor.properties')
  const text = await readFile(descriptor, 'utf8')
  await writeFile(descriptor, text.replace(/^modulename=.*$/m, 'modulename='))
}
