import { cpus } from 'node:os'
import { benchGetById } from './get-by-id.ts'
import { benchStartAndIdle } from './start-and-idle.ts'

console.log(
  `Node ${process.version}, ${cpus().length} cores. Read the ratios; absolute figures depend on the machine.\n`,
)
await benchGetById()
console.log()
await benchStartAndIdle()
