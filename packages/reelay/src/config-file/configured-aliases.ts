import type { ParsedConfigFile } from './config-file.ts'

export type Aliases = Readonly<Record<string, readonly string[]>>

/**
 * The names of the file and of the environment, which wins, each with what is tried after it. A model may
 * have fallbacks without an alias: it then is the first of its own list.
 */
export function configuredAliases({ aliases, fallbacks }: ParsedConfigFile, ofEnvironment: Aliases): Aliases {
  const named: Aliases = { ...aliases, ...ofEnvironment }
  const followed = Object.entries(fallbacks).map(([name, models]): [string, readonly string[]] => [
    name,
    [...new Set([...(named[name] ?? [name]), ...models])],
  ])
  return { ...named, ...Object.fromEntries(followed) }
}
