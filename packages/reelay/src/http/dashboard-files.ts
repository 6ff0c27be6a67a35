import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

export type DashboardFile = { bytes: Uint8Array<ArrayBuffer>; type: string }

/** By their path below `/`, with `/` for the page itself. */
export type DashboardFiles = ReadonlyMap<string, DashboardFile>

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

const HTML = 'text/html; charset=utf-8'

/**
 * What `npm run dashboard` wrote, all in memory: some hundred kilobytes, and no path of a request ever names a file.
 * Undefined when it was not built.
 */
export async function readDashboardFiles(directory: string): Promise<DashboardFiles | undefined> {
  try {
    const page = await readFile(join(directory, 'index.html'))
    const files = new Map<string, DashboardFile>([['/', { bytes: Uint8Array.from(page), type: HTML }]])
    for (const name of await readdir(join(directory, 'assets'))) {
      const type = TYPES[extname(name)]
      if (type === undefined) continue
      const bytes = Uint8Array.from(await readFile(join(directory, 'assets', name)))
      files.set(`/assets/${name}`, { bytes, type })
    }
    return files
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
