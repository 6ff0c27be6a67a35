export type { Answer } from './answer.ts'
export { emptyAnswer, htmlAnswer, jsonAnswer } from './answer.ts'
export { headerAuth, jwtAuth, noAuth, schemeAuth, type Auth, type Identity } from './auth.ts'
export { CALLBACK_FAULTS, type CallbackFault } from './callback-faults.ts'
export type { CallbackRecord } from './callback-record.ts'
export type { CallbackRules, Outgoing } from './callback-rules.ts'
export { CLIP_KINDS, clipBytes, type Clip, type ClipKind } from './clips.ts'
export type { Clock } from './clock.ts'
export type { CallbackOrder, Command, Controls } from './control.ts'
export {
  PLAIN_RESULTS,
  type Dialect,
  type EndEffect,
  type Refusal,
  type ResultRules,
  type Route,
  type Wish,
} from './dialect.ts'
export { DIALECTS, isDialectName, type DialectName } from './dialects/dialects.ts'
export { FAULT_POINTS, type FaultPoint } from './fault.ts'
export type { FaultOrder } from './fault-orders.ts'
export { ANSWER_FAULTS, FAULTS, type FaultNote } from './faults.ts'
export type { GatePoint, Hold } from './gates.ts'
export type { Ids } from './ids.ts'
export { readLedger, type LedgerEntry, type LedgerFile } from './ledger.ts'
export type { LimitRules } from './limits.ts'
export { MARKERS, type MarkerName } from './markers.ts'
export { PHASES, type Phase } from './phase.ts'
export type { RenderTime } from './render-time.ts'
export type { SimulatorRequest } from './request.ts'
export type { RequestRecord } from './request-record.ts'
export { runSimulatorCommand, type CommandIo } from './cli/run-command.ts'
export { processIo } from './cli/process-io.ts'
export { publicSecrets, type PublicSecrets, type Secrets, type SigningKey } from './secrets.ts'
export type { RenderMode } from './service.ts'
export { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'
export { spawnSimulator, type SpawnedSimulator, type SpawnSimulatorOptions } from './spawn-simulator.ts'
export { summarise, type LedgerSummary } from './summarise.ts'
export type { Task, TaskView } from './task.ts'
export type { Verbs } from './verbs.ts'
