#!/usr/bin/env node
// Plain JavaScript that old releases of Node can read, because on one of those this file only looks for the
// right one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

const folder = dirname(fileURLToPath(import.meta.url))
const built = join(folder, '..', 'dist', 'cli', 'main.js')
const source = join(folder, '..', 'src', 'cli', 'main.ts')

start()

function start() {
  const isCurrent = currentMajor() >= NODE_MAJOR_MIN
  const node = isCurrent ? process.execPath : findNode()
  if (node === null) {
    return fail(
      'Reelay needs Node ' +
        NODE_MAJOR_MIN +
        ' or later, and this is ' +
        process.version +
        ': install it from https://nodejs.org, or add it to the project with: npm install node@' +
        NODE_MAJOR_MIN,
    )
  }
  if (existsSync(built)) return isCurrent ? importBuilt() : runWith(node, [built])
  if (existsSync(source)) return runWith(node, ['--conditions=@reelay/source', source])
  return fail('This installation of Reelay is incomplete: install the package again')
}

// The override stands for an old Node in tests.
function currentMajor() {
  return Number.parseInt(process.env.REELAY_LAUNCHER_NODE_MAJOR || process.versions.node, 10)
}

function importBuilt() {
  import('../dist/cli/main.js').catch(function (error) {
    fail(error && error.stack ? error.stack : String(error))
  })
}

/** The binary of the `node` package, in this folder or one above it. */
function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  let at = folder
  for (;;) {
    const candidate = join(at, 'node_modules', 'node', 'bin', name)
    if (existsSync(candidate)) return candidate
    const above = dirname(at)
    if (above === at) return null
    at = above
  }
}

function runWith(node, head) {
  const child = spawn(node, head.concat(process.argv.slice(2)), {
    // The channel carries nothing: its end tells the child that this process is gone, however it went.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(function (stream) {
    return stream.isTTY === true
  })
  for (const signal of SIGNALS) {
    process.on(signal, function () {
      // A terminal sends Ctrl-C to both: the child decides what it means, this process only waits for it.
      if (signal !== 'SIGINT' || !hasTerminal) child.kill(signal)
    })
  }
  child.on('error', function (error) {
    fail('Node could not be started from ' + node + ': ' + error.message)
  })
  child.on('exit', function (code, signal) {
    process.exitCode = signal === null ? code : 128 + (constants.signals[signal] || 0)
  })
}

function fail(message) {
  process.stderr.write('error: ' + message + '\n')
  process.exitCode = 1
}
