import { processIo } from './process-io.ts'
import { runSimulatorCommand } from './run-command.ts'

// What is under way when it ends (a download that drips, a request that is never answered) ends with the process.
process.exit(await runSimulatorCommand(process.argv.slice(2), processIo))
