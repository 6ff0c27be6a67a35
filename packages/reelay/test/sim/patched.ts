import { registerHooks } from 'node:module'
import type { Mutation } from './mutations.ts'

/** The environment variable in which a process is told what to patch: a `Mutation` as JSON. */
export const PATCH_VARIABLE = 'REELAY_SIM_PATCH'

const SOURCES = new URL('../../src/', import.meta.url).href

/** The file with the bug in it. @throws Error when the patch does not fit: it has to follow the source */
export function patchedSource(source: string, { name, file, find, replace }: Mutation): string {
  const parts = source.split(find)
  if (parts.length !== 2)
    throw new Error(
      `the patch of "${name}" is ${parts.length - 1} times in ${file}, not once: bring it up to date`,
    )
  return parts.join(replace)
}

/** From now on this process loads the shipped sources with that bug. */
export function loadPatched(mutation: Mutation): void {
  const target = SOURCES + mutation.file
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context)
      if (url !== target || loaded.source == null) return loaded
      const source =
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array)
      return { ...loaded, source: patchedSource(source.toString(), mutation) }
    },
  })
}
