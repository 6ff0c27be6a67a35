import { Hono } from 'hono'
import { commonHeaders, noteAccess, touchKey } from './access.ts'
import { admit } from './admit.ts'
import { ApiError } from './api-error.ts'
import { ChangeHub } from './change-hub.ts'
import { createDashboard } from './dashboard-routes.ts'
import type { HttpDeps, HttpSettings } from './deps.ts'
import { createDocs } from './docs-routes.ts'
import { asApiError, errorAnswer } from './error-answer.ts'
import type { Exchange, HttpBindings, HttpContext, HttpEnv, Shared } from './exchange.ts'
import { FailureLimiter } from './limit-failures.ts'
import { allowedMethods } from './method-guard.ts'
import { OpenStreams } from './open-streams.ts'
import { createQuickCallback } from './quick-callback.ts'
import { createQuickAnswer, type QuickAnswer } from './quick-answer.ts'
import { RateLimiter } from './rate-limiter.ts'
import { requestIdOf } from './request-id.ts'
import type { Route } from './route.ts'
import { OPERATION_ROUTES, ROUTES } from './routes.ts'
import { createSession, endSession, readSession } from './session.ts'

/** The API as a function from request to answer. `env.outgoing` is Node's response, where there is one. */
export type App = {
  fetch(request: Request, env?: HttpBindings): Promise<Response>
  /** Answers the most frequent request on a Node server at a fraction of the cost; false when it is not that one. */
  answerQuickly: QuickAnswer
  /** Event streams that are open now. */
  openStreams(): number
}

type Served = Pick<Route, 'method' | 'path' | 'access' | 'act' | 'handler'>

/** @throws nothing: whatever goes wrong is an answer */
export function createApp(deps: HttpDeps): App {
  const shared: Shared = {
    ...deps,
    changes: new ChangeHub(deps),
    streams: new OpenStreams({ ...deps, perProjectMax: deps.settings.streamsMax }),
    rates: new RateLimiter({ ...deps, limits: deps.settings.projectLimits }),
    failures: new FailureLimiter(deps.clock),
    uploading: new Set(),
    retrieved: new Set(),
  }
  const { servesApi } = deps.settings
  const routes = servesApi ? servedRoutes(deps.settings) : OPERATION_ROUTES
  const app = new Hono<HttpEnv>()
  for (const route of routes) app.on(route.method, route.path, (context) => answer(shared, context, route))
  app.notFound((context) =>
    answer(shared, context, { access: 'open', handler: (exchange) => refuse(exchange, routes) }),
  )
  app.onError((error, context) =>
    answer(shared, context, {
      access: 'open',
      handler: () => {
        throw error
      },
    }),
  )
  return {
    fetch: async (request, env) => app.fetch(request, env),
    openStreams: () => shared.streams.size,
    answerQuickly: servesApi ? quickAnswers(shared) : () => false,
  }
}

function quickAnswers(shared: Shared): QuickAnswer {
  const [video, callback] = [createQuickAnswer(shared), createQuickCallback(shared)]
  return (incoming, outgoing) =>
    incoming.method === 'POST' ? callback(incoming, outgoing) : video(incoming, outgoing)
}

function servedRoutes({ azureAlias, dashboardDir }: HttpSettings): readonly Served[] {
  const docs = createDocs()
  const dashboard = createDashboard(dashboardDir)
  const own: readonly Served[] = [
    ...ROUTES,
    { method: 'GET', path: '/openapi.json', access: 'open', handler: docs.document },
    { method: 'GET', path: '/docs', access: 'open', handler: docs.page },
    { method: 'GET', path: '/', access: 'open', handler: dashboard.page },
    { method: 'GET', path: '/assets/:name', access: 'open', handler: dashboard.asset },
    { method: 'GET', path: '/session', access: 'open', handler: readSession },
    { method: 'POST', path: '/session', access: 'open', handler: createSession },
    { method: 'DELETE', path: '/session', access: 'open', handler: endSession },
  ]
  if (!azureAlias) return own
  const isVideo = ({ path }: Served): boolean => path === '/v1/videos' || path.startsWith('/v1/videos/')
  return [
    ...own,
    ...own.filter(isVideo).map((route) => ({ ...route, path: route.path.replace('/v1/', '/openai/') })),
  ]
}

function refuse({ request, context }: Exchange, routes: readonly Served[]): never {
  const allowed = allowedMethods(context.req.path, routes)
  if (allowed.length === 0) {
    throw new ApiError(
      'unknown_url',
      `There is nothing at ${context.req.path.slice(0, 200)}. See /docs for the routes.`,
    )
  }
  throw new ApiError(
    'method_not_allowed',
    `${request.method} is not possible here. Use ${allowed.join(', ')}.`,
    {
      headers: { allow: allowed.join(', ') },
    },
  )
}

/** Without a path: no route's. */
type Answering = Pick<Served, 'access' | 'act' | 'handler'> & Partial<Pick<Served, 'path'>>

/** One request from its key to its log line. */
async function answer(
  shared: Shared,
  context: HttpContext,
  { path: route, access, act = 'read', handler }: Answering,
): Promise<Response> {
  const startMs = shared.clock.monotonicMs()
  const request = context.req.raw
  const requestId = requestIdOf(request.headers.get('x-request-id'), shared.ids, shared.clock.nowMs())
  const startedAtMs = shared.clock.nowMs()
  const exchange: Exchange = { shared, context, request, requestId, startedAtMs, key: null }
  let response: Response
  try {
    if (access !== 'open') touchKey(shared, (await admit(exchange, access, act)).id)
    response = await handler(exchange)
  } catch (error) {
    const known = asApiError(error, requestId)
    if (known.status >= 500) shared.log.error({ err: error, request: requestId }, 'a request failed')
    response = errorAnswer(known)
  }
  setCommonHeaders(response.headers, shared, requestId)
  noteAccess(shared, {
    requestId,
    method: request.method,
    path: context.req.path,
    route: route ?? null,
    status: response.status,
    startMs,
    key: exchange.key,
  })
  return response
}

function setCommonHeaders(headers: Headers, shared: Shared, requestId: string): void {
  const policy = headers.get('content-security-policy')
  for (const [name, value] of Object.entries(commonHeaders(shared, requestId))) headers.set(name, value)
  if (policy !== null) headers.set('content-security-policy', policy)
}
