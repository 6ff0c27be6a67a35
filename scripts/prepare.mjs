// Plain JavaScript: it also runs where the Node that runs TypeScript is not installed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Builds the dashboard at the end of `npm ci`, where what it is built with was installed. */
const root = fileURLToPath(new URL('..', import.meta.url))
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
const folder = join(root, 'packages', 'dashboard')
if (existsSync(vite) && existsSync(folder)) {
  const build = spawnSync(process.execPath, [vite, 'build', folder, '--logLevel', 'warn'], {
    stdio: 'inherit',
  })
  if (build.status !== 0) {
    console.error(
      'The dashboard could not be built. The gateway works without it; `npm run dashboard` builds it.',
    )
  }
}
