import { readFile } from 'node:fs/promises'
import type { ChildServer } from './child-server.ts'

const KIB = 1_024
const CLOCK_TICKS_PER_SECOND = 100

/** Memory of a process that is in RAM, from the kernel. */
export async function residentBytes({ process: { pid } }: ChildServer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB
}

/** User and system time of a process, from the kernel. */
export async function cpuSeconds({ process: { pid } }: ChildServer): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
}
