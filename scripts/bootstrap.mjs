// The one file that any Node.js from 18 on can run. It gets Node.js 24 and pnpm where they are missing (into .local/toolchain),
// installs the workspace from its lockfile when that changed, and hands over to scripts/<command>.ts.
// `install` as the command stops before the hand-over. Everything it says goes to stderr: stdout belongs to the command.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const nodeVersion = '24.21.0'
const oldestNode = [24, 6]
const pnpmVersion = '12.21.0'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const local = join(root, '.local')
const toolchain = join(local, 'toolchain')
const toolchainStamp = join(toolchain, 'stamp.json')
const pnpm = join(toolchain, 'node_modules/pnpm/bin/pnpm.mjs')
const installStamp = join(local, 'install.stamp')

const say = (text) => process.stderr.write(`${text}\n`)

class Failure extends Error {}

try {
  process.exitCode = await main(process.argv[2] ?? '', process.argv.slice(3))
} catch (error) {
  if (!(error instanceof Failure)) throw error
  say(error.message)
  process.exitCode = 1
}

async function main(command, args) {
  const commands = readdirSync(join(root, 'scripts'))
    .filter((name) => /^[a-z0-9]+\.ts$/.test(name))
    .map((name) => name.slice(0, -'.ts'.length))
  if (command !== 'install' && !commands.includes(command)) {
    say(`Unknown command ${JSON.stringify(command)}. There are: ${['install', ...commands].join(', ')}.`)
    return 2
  }
  mkdirSync(local, { recursive: true })
  if (missingTools().length > 0 || !isInstalled()) {
    await withLock(join(local, 'bootstrap.lock'), async () => {
      await getTools()
      await installPackages()
    })
  }
  if (command === 'install') return 0
  const script = ['--conditions=logpipe-source', join(root, 'scripts', `${command}.ts`), ...args]
  // The one command that runs pnpm again.
  return await run(nodePath(), script, command === 'image' ? { env: registryEnvironment() } : {})
}

function currentNodeIsNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
}

function nodePath() {
  return currentNodeIsNewEnough() ? process.execPath : join(toolchain, 'node_modules/node/bin/node')
}

/** What the toolchain folder holds, by its stamp: that is written last, so a download that broke off does not count. */
function presentTools() {
  try {
    return JSON.parse(readFileSync(toolchainStamp, 'utf8'))
  } catch {
    return {}
  }
}

function missingTools() {
  const wanted = currentNodeIsNewEnough() ? { pnpm: pnpmVersion } : { pnpm: pnpmVersion, node: nodeVersion }
  const present = presentTools()
  return Object.entries(wanted).filter(([name, version]) => present[name] !== version)
}

async function getTools() {
  const missing = missingTools()
  if (missing.length === 0) return
  const titles = { node: `Node.js ${nodeVersion}`, pnpm: `pnpm ${pnpmVersion}` }
  const what = missing.map(([name]) => titles[name]).join(' and ')
  mkdirSync(toolchain, { recursive: true })
  const tools = { ...presentTools(), ...Object.fromEntries(missing) }
  const specs = Object.entries(tools).map(([name, version]) => `${name}@${version}`)
  // Both packages put their program in place by an install script, which newer npm runs only where it is allowed by name.
  const manifest = {
    private: true,
    dependencies: tools,
    allowScripts: Object.fromEntries(specs.map((spec) => [spec, true])),
  }
  writeFileSync(join(toolchain, 'package.json'), JSON.stringify(manifest, null, 2))
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts=false']
  await runQuietly(`Getting ${what} from npm`, npm(), args, toolchain)
  if ('node' in tools) checkRuns(join(toolchain, 'node_modules/node/bin/node'), `v${tools.node}`)
  writeFileSync(toolchainStamp, JSON.stringify(tools))
}

function checkRuns(program, version) {
  const answer = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (answer.stdout?.trim() === version) return
  throw new Failure(
    `npm installed its package "node", but ${program} does not run. ` +
      'Allow its install script (npm config get ignore-scripts), or put Node.js 24.6 or newer on PATH.',
  )
}

/** npm stands beside the Node.js that runs us, except where a system package put it elsewhere. */
function npm() {
  const beside = join(dirname(process.execPath), 'npm')
  return existsSync(beside) ? beside : 'npm'
}

function lockfileHash() {
  const hash = createHash('sha256')
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, name)))
  return `${hash.digest('hex')} pnpm ${pnpmVersion}\n`
}

function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.modules.yaml')) || !existsSync(installStamp)) return false
  return readFileSync(installStamp, 'utf8') === lockfileHash()
}

async function installPackages() {
  if (isInstalled()) return
  say('Installing the packages of the lockfile')
  const reporter = process.stderr.isTTY ? 'default' : 'append-only'
  // Without the last flag pnpm asks a person before it replaces a node_modules that another store filled.
  const flags = ['install', '--frozen-lockfile', `--reporter=${reporter}`, '--config.confirmModulesPurge=false']
  const code = await run(nodePath(), [pnpm, ...flags], { stdio: ['ignore', 2, 2], env: registryEnvironment() })
  if (code !== 0) throw new Failure('The packages could not be installed; what pnpm says stands above.')
  writeFileSync(installStamp, lockfileHash())
}

/** pnpm does not read npm's global settings nor its environment variables; where it has no registry of its own, npm's counts. */
function registryEnvironment() {
  const env = childEnvironment()
  if (env.pnpm_config_registry) return env
  const ask = (program, args) => spawnSync(program, args, { cwd: root, env, encoding: 'utf8' }).stdout?.trim() ?? ''
  const own = ask(nodePath(), [pnpm, 'config', 'get', 'globalconfig'])
  if (own && existsSync(own) && /^registry\s*:/m.test(readFileSync(own, 'utf8'))) return env
  const registry = ask(npm(), ['config', 'get', 'registry'])
  return registry.startsWith('http') ? { ...env, pnpm_config_registry: registry } : env
}

function childEnvironment() {
  const folders = [dirname(nodePath()), join(root, 'node_modules/.bin'), process.env.PATH ?? '']
  return { ...process.env, PATH: folders.join(delimiter) }
}

/** Runs a program with our terminal and passes signals on; resolves with its exit code, 128 + n when signal n ended it. */
function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: childEnvironment(), ...options })
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const forward = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, forward)
    child.on('error', (error) => reject(new Failure(`${program} could not be started: ${error.message}`)))
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/** Runs npm without its warnings, which are about its own settings; its errors are shown. Says every few seconds that it lives. */
function runQuietly(title, program, args, cwd) {
  say(`${title} (once, into .local/)`)
  const started = Date.now()
  const beat = setInterval(() => say(`  still at it after ${Math.round((Date.now() - started) / 1000)} s`), 10_000)
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk) => (output = (output + chunk).slice(-65_536))
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) =>
      reject(new Failure(`${program} could not be started: ${error.message}. Is npm installed?`)),
    )
    child.on('close', (code) => {
      if (code === 0) return resolve()
      const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm warn'))
      reject(new Failure(`${lines.join('\n')}\n${title} failed; what npm says stands above.`))
    })
  }).finally(() => clearInterval(beat))
}

/** Keeps a second start out while the first one downloads; the lock of a process that is gone is taken over. */
async function withLock(path, action) {
  for (let said = false; !takeLock(path); said = true) {
    if (!said) say(`Another start is at work (${path}); waiting for it`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    await action()
  } finally {
    rmSync(path, { force: true })
  }
}

function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (!isStale(path)) return false
  rmSync(path, { force: true })
  return takeLock(path)
}

function isStale(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'))
    // Empty: either being written this moment, or its writer was killed in between.
    if (!(holder > 0)) return Date.now() - statSync(path).mtimeMs > 5_000
    process.kill(holder, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
