import { createHash } from 'node:crypto'
import type { OpenApiDocument } from './open-api.ts'

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border-top:1px solid #8885;padding:.75rem 0}
h2{font-size:1rem;margin:0}
code{font:.95em ui-monospace,monospace}
.method{display:inline-block;min-width:4.5em;font-weight:700}
p,table{margin:.25rem 0}
td{padding:0 1rem 0 0;vertical-align:top}`

/** Lets the page's own style through and nothing else: it has no script. */
export const DOCS_POLICY: string =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

const METHODS = ['get', 'post', 'patch', 'delete'] as const

type Operation = NonNullable<NonNullable<NonNullable<OpenApiDocument['paths']>[string]>['get']>

function parameterRows(operation: Operation): string {
  const rows = (operation.parameters ?? []).flatMap((parameter) =>
    '$ref' in parameter
      ? []
      : [
          `<tr><td><code>${escaped(parameter.name)}</code></td><td>${escaped(parameter.in)}</td>` +
            `<td>${escaped(parameter.description ?? '')}</td></tr>`,
        ],
  )
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`
}

function article(method: string, path: string, operation: Operation): string {
  return (
    `<article><h2><span class="method">${method.toUpperCase()}</span> <code>${escaped(path)}</code></h2>` +
    `<p>${escaped(operation.summary ?? '')}. ${escaped(operation.description ?? '')}</p>` +
    `${parameterRows(operation)}</article>`
  )
}

/** A page that lists what the document describes. Complete in itself. */
export function docsPage(document: OpenApiDocument): string {
  const articles = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method]
      return operation === undefined ? [] : [article(method, path, operation)]
    }),
  )
  const title = `${escaped(document.info.title)} ${escaped(document.info.version)}`
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    `<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head>` +
    `<body><h1>${title}</h1><p>${escaped(document.info.description ?? '')} ` +
    `The machine-readable form is at <a href="/openapi.json"><code>/openapi.json</code></a>.</p>` +
    `${articles.join('')}</body></html>`
  )
}
