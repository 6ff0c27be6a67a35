import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./store-child.ts', import.meta.url))

/** A process that owns a store and says which tasks it stored. */
export type StoreChild = {
  pid: number
  /** Ids acknowledged so far. */
  acknowledged: readonly string[]
  /** Resolves when so many tasks are acknowledged; 0 waits for the open store. Rejects when the process ends before. */
  until(count: number): Promise<void>
  /** Ends it without warning, and waits until it is gone. What it said before is in `acknowledged` then. */
  kill(): Promise<void>
}

const nothing = (): void => {}

export function spawnStoreChild(path: string): StoreChild {
  const child = spawn(process.execPath, ['--conditions=@reelay/source', CHILD, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  let watch = nothing
  const ended = Promise.withResolvers<void>()
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      lines.push(line)
      watch()
    })
    .on('close', () => {
      ended.resolve()
      watch()
    })
  return {
    pid: child.pid ?? 0,
    get acknowledged() {
      return lines.slice(1)
    },
    until: (count) =>
      new Promise((resolve, reject) => {
        watch = () => {
          if (lines.length > count) resolve()
        }
        void (async () => {
          await ended.promise
          reject(new Error('the child ended'))
        })()
        watch()
      }),
    kill: async () => {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
      await ended.promise
    },
  }
}
