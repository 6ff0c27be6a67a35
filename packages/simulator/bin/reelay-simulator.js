#!/usr/bin/env node
// Plain JavaScript that old releases of Node can read, because on one of those this file only says so.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NODE_MAJOR_MIN = 24
const folder = dirname(fileURLToPath(import.meta.url))
const built = join(folder, '..', 'dist', 'cli', 'main.js')
const source = join(folder, '..', 'src', 'cli', 'main.ts')

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    'error: the simulator needs Node ' + NODE_MAJOR_MIN + ' or later, and this is ' + process.version + '\n',
  )
  process.exitCode = 1
} else {
  await import(pathToFileURL(existsSync(built) ? built : source).href)
}
