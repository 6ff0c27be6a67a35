import { readConfigFile } from '../config-file/read-config-file.ts'
import { loadConfig, readConfig, type Config, type Environment } from '../config.ts'

/** The path of the configuration file, if there is one, and what all settings come to. */
export type LocalConfig = { config: Config; filePath: string | null }

/**
 * The settings of a gateway on this machine, as `reelay serve` reads them.
 * @param directory where a configuration file is looked for
 * @throws ConfigError
 */
export async function readLocalConfig(environment: Environment, directory: string): Promise<LocalConfig> {
  const file = await readConfigFile(environment, directory)
  if (file === null) return { config: loadConfig(environment), filePath: null }
  return { config: readConfig(environment, file), filePath: file.path }
}
