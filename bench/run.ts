import { cpus } from 'node:os'
import { benchCallbacks } from './callbacks.ts'
import { benchEventStreams } from './event-streams.ts'
import { benchGetById } from './get-by-id.ts'
import { benchLargeVideo } from './large-video.ts'
import { benchListPages } from './list-pages.ts'
import { benchPostgres } from './postgres.ts'
import { benchStartAndIdle } from './start-and-idle.ts'

console.log(
  `Node ${process.version}, ${cpus().length} cores. Read the ratios; absolute figures depend on the machine.\n`,
)
// By name, because they take minutes and gigabytes: `npm run bench -- large-video`, or `postgres`.
if (process.argv.includes('postgres')) {
  await benchPostgres(process.argv.slice(2))
} else if (process.argv.includes('large-video')) {
  await benchLargeVideo()
} else {
  await benchGetById()
  console.log()
  await benchStartAndIdle()
  console.log()
  await benchCallbacks()
  console.log()
  await benchEventStreams()
  console.log()
  await benchListPages()
}
