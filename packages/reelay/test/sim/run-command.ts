import { Callers } from './callbacks.ts'
import { Clients } from './requests.ts'
import type { Command } from './commands.ts'
import { ADDRESSES } from './receivers.ts'
import type { Replica } from './replica.ts'
import type { World } from './world.ts'

const STOP_GRACE_MS = 8_000
const STOP_MS_MAX = 10_000
/** After the grace: for the last writes. */
const LAST_MS = 1_500
const FLAKY = { mode: 'up', refused: 0.08, lost: 0.08 } as const
/** While the store is away something is tried every second: longer stretches only repeat that. */
const STORE_AWAY_MS_MAX = 120_000

/** Those outside of a world who do something in it. */
export type Actors = { clients: Clients; callers: Callers }

export const actorsIn = (world: World): Actors => ({
  clients: new Clients(world),
  callers: new Callers(world),
})

export async function runCommand(world: World, actors: Actors, command: Command): Promise<void> {
  const { clients, callers } = actors
  switch (command.do) {
    case 'create':
      return clients.create(command)
    case 'repeat':
      return clients.repeat(command.pick, command.sameContent)
    case 'callback':
      return callers.say(command.pick, command.kind, command.nonce)
    case 'flood':
      return callers.flood(command.pick, command.count, command.gapMs)
    case 'cancel':
    case 'delete':
      return wish(world, clients, command)
    case 'pass': {
      const isAway = world.storeFault.mode !== 'up'
      return world.pass(isAway ? Math.min(command.ms, STORE_AWAY_MS_MAX) : command.ms)
    }
    case 'kill':
    case 'boot':
    case 'freeze':
    case 'thaw':
    case 'stop':
    case 'trap':
      return treat(world, command)
    case 'store':
    case 'disk':
    case 'jump':
    case 'upstream':
    case 'receiver':
    case 'job':
      return change(world, command)
  }
}

async function wish(
  world: World,
  { ids }: Clients,
  { do: name, pick }: Command & { do: 'cancel' | 'delete' },
): Promise<void> {
  const id = ids[pick % ids.length]
  const replica = world.awake[pick % world.awake.length]
  if (id === undefined || replica === undefined) return
  const { store } = replica
  await world.ask(() =>
    name === 'cancel' ? store.requestCancel('default', id) : store.deleteTask('default', id),
  )
}

type Treatment = Extract<Command, { do: 'kill' | 'boot' | 'freeze' | 'thaw' | 'stop' | 'trap' }>

async function treat(world: World, command: Treatment): Promise<void> {
  const index = command.pick % world.replicas.length
  const replica = world.replicas[index]
  if (replica === undefined) return
  switch (command.do) {
    case 'kill':
      return world.kill(index)
    case 'boot':
      return world.boot(index)
    case 'freeze':
      world.disturb()
      return replica.gate.freeze()
    case 'thaw':
      world.disturb()
      replica.gate.thaw()
      return world.settle()
    case 'trap':
      replica.trap = { point: command.point, act: command.act }
      return
    case 'stop':
      return stop(world, replica)
  }
}

/** As at SIGTERM, while the world goes on; then the process is gone. */
async function stop(world: World, replica: Replica): Promise<void> {
  if (!replica.gate.isOpen) return
  world.disturb()
  let isStopped = false
  const stopping = async (): Promise<void> => {
    await replica.stop(STOP_GRACE_MS)
    isStopped = true
  }
  void stopping()
  await world.pass(STOP_MS_MAX - LAST_MS)
  world.lookAgain()
  await world.pass(LAST_MS)
  if (replica.gate.isOpen) world.findings.check(29, isStopped, () => 'a stop took longer')
  replica.gate.kill()
  world.disturb()
}

type Change = Extract<Command, { do: 'store' | 'disk' | 'jump' | 'upstream' | 'receiver' | 'job' }>

function change(world: World, command: Change): void {
  const { upstream, receivers, disk } = world
  switch (command.do) {
    case 'store':
      world.disturb()
      world.lookAgain()
      world.storeFault = command.mode === 'flaky' ? FLAKY : { mode: command.mode, refused: 0, lost: 0 }
      return
    case 'disk':
      disk.isFull = command.isFull
      return
    case 'jump':
      return world.setWall(command.ms)
    case 'upstream':
      return upstream.breakDown(command.account, command.outage)
    case 'receiver':
      return receivers.is(ADDRESSES[command.at], command.mood)
    case 'job': {
      const jobs = [...upstream.jobs.values()]
      const job = jobs[command.pick % jobs.length]
      if (job === undefined) return
      if (command.becomes === 'link_dead') job.linkEndsAtMs = 0
      // What has ended stays as it was.
      else if (upstream.stateOf(job) === 'running') job.fate = command.becomes
    }
  }
}
