import type { Project, ProjectLimits, ProjectUsage } from '../store/store.ts'
import { filesKeptMs } from '../task/retention.ts'
import { projectCreateSchema, projectUpdateSchema, type LimitsBody } from './admin-schemas.ts'
import { administeredProject, requireAdministered } from './administers.ts'
import { ApiError } from './api-error.ts'
import { jsonAnswer, type Exchange } from './exchange.ts'
import { logAdministration } from './log-administration.ts'
import { readJson } from './read-json.ts'
import { unixSeconds } from './unix-seconds.ts'

const viewProject = (project: Project): Record<string, unknown> => ({
  id: project.id,
  object: 'project',
  name: project.name,
  created_at: unixSeconds(project.createdAtMs),
})

const LIMIT_NAMES = {
  creates_per_minute: 'createsPerMinute',
  reads_per_minute: 'readsPerMinute',
  in_flight: 'inFlight',
  per_day: 'perDay',
  retention_seconds: 'retentionSeconds',
} as const satisfies Record<keyof LimitsBody, keyof ProjectLimits>

const viewLimits = (limits: ProjectLimits): Record<string, number | null> =>
  Object.fromEntries(
    Object.entries(LIMIT_NAMES).flatMap(([shown, name]) => {
      const value = limits[name]
      return value === undefined ? [] : [[shown, value] as const]
    }),
  )

function limitsOf(body: LimitsBody): ProjectLimits {
  const { creates_per_minute: creates, reads_per_minute: reads, in_flight: inFlight, per_day: perDay } = body
  const { retention_seconds: retentionSeconds } = body
  return {
    ...(creates === undefined ? {} : { createsPerMinute: creates }),
    ...(reads === undefined ? {} : { readsPerMinute: reads }),
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(perDay === undefined ? {} : { perDay }),
    ...(retentionSeconds === undefined ? {} : { retentionSeconds }),
  }
}

type Detail = { project: Project; limits: ProjectLimits; usage: ProjectUsage }

const viewDetail = ({ project, limits, usage }: Detail): Record<string, unknown> => ({
  ...viewProject(project),
  limits: viewLimits(limits),
  own_limits: viewLimits(project.limits),
  usage: { in_flight: usage.inFlight, created_today: usage.createdToday },
})

async function detailAnswer(exchange: Exchange, project: Project): Promise<Response> {
  const { settings, store } = exchange.shared
  const usage = await store.projectUsage(project.id)
  const keptMs = filesKeptMs(settings.retention, project.limits.retentionSeconds)
  const retentionSeconds = keptMs === null ? null : keptMs / 1_000
  const limits = { ...settings.projectLimits, ...project.limits, retentionSeconds }
  return jsonAnswer(viewDetail({ project, limits, usage }))
}

/** `POST /v1/projects` */
export async function createProject(exchange: Exchange): Promise<Response> {
  const { clock, ids, store } = exchange.shared
  const { name } = await readJson(exchange, projectCreateSchema)
  const nowMs = clock.nowMs()
  const project: Project = { id: ids.id('proj', nowMs), name, createdAtMs: nowMs, limits: {} }
  await store.createProject(project)
  logAdministration(exchange, { action: 'project.created', target: project.id })
  return jsonAnswer(viewProject(project))
}

/** `GET /v1/projects`: those that the caller administers. */
export async function listProjects(exchange: Exchange): Promise<Response> {
  const own = administeredProject(exchange)
  const projects = await exchange.shared.store.listProjects()
  const seen = projects.filter(({ id }) => own === null || own === id)
  return jsonAnswer({ object: 'list', data: seen.map(viewProject) })
}

/** `GET /v1/projects/{id}`: with the limits in force, and how much of them is used. */
export async function retrieveProject(exchange: Exchange): Promise<Response> {
  return detailAnswer(exchange, await requireAdministered(exchange, exchange.context.req.param('id') ?? ''))
}

/** `PATCH /v1/projects/{id}`: limits that are not named become the gateway's again. */
export async function updateProject(exchange: Exchange): Promise<Response> {
  const { rates, store } = exchange.shared
  const { id } = await requireAdministered(exchange, exchange.context.req.param('id') ?? '')
  const { name, limits } = await readJson(exchange, projectUpdateSchema)
  const patch = {
    ...(name === undefined ? {} : { name }),
    ...(limits === undefined ? {} : { limits: limitsOf(limits) }),
  }
  const project = await store.updateProject(id, patch)
  if (project === undefined) throw new ApiError('project_not_found', 'There is no project with this id.')
  rates.reread(id)
  const detail = limits === undefined ? {} : { limits: project.limits }
  logAdministration(exchange, { action: 'project.updated', target: id, detail })
  return detailAnswer(exchange, project)
}
