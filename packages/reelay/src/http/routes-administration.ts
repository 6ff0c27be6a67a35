import * as admin from './admin-schemas.ts'
import { createBackup } from './backups.ts'
import { createKey, listKeys, revokeKey, rotateKey } from './keys.ts'
import { listProviders } from './list-providers.ts'
import { createProject, listProjects, retrieveProject, updateProject } from './projects.ts'
import { answers, json, query, type Route } from './route.ts'

/** Provider accounts, keys and projects. */
export const ADMINISTRATION_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/providers',
    access: 'gateway',
    handler: listProviders,
    doc: {
      summary: 'List provider accounts',
      description: 'How each account fares, with a check of its credentials that spends nothing.',
      responses: answers(
        'All accounts that are configured or that tasks wait for.',
        admin.providerListSchema,
      ),
    },
  },
  {
    method: 'POST',
    path: '/v1/keys',
    access: 'admin',
    handler: createKey,
    doc: {
      summary: 'Create an API key',
      description: 'For the project of the caller, or for any project that the caller administers.',
      requestBody: { required: true, content: json(admin.keyCreateSchema) },
      responses: answers('The key, with its secret.', admin.keySchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/keys',
    access: 'admin',
    handler: listKeys,
    doc: {
      summary: 'List API keys',
      description: 'Of all projects that the caller administers.',
      parameters: [query('project', 'Only keys of this project.')],
      responses: answers('The live keys.', admin.keyListSchema),
    },
  },
  {
    method: 'DELETE',
    path: '/v1/keys/:id',
    access: 'admin',
    handler: revokeKey,
    doc: { summary: 'Revoke an API key', responses: answers('It is revoked.', admin.keyDeletedSchema) },
  },
  {
    method: 'POST',
    path: '/v1/keys/:id/rotate',
    access: 'admin',
    handler: rotateKey,
    doc: {
      summary: 'Rotate an API key',
      description: 'Makes a key that may do the same. The old one is refused once the overlap is over.',
      requestBody: { required: false, content: json(admin.keyRotateSchema) },
      responses: answers('The new key, with its secret.', admin.keySchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/projects',
    access: 'gateway',
    handler: createProject,
    doc: {
      summary: 'Create a project',
      requestBody: { required: true, content: json(admin.projectCreateSchema) },
      responses: answers('The project.', admin.projectSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/projects',
    access: 'admin',
    handler: listProjects,
    doc: {
      summary: 'List projects',
      description: 'An administrator of the gateway sees all, others their own.',
      responses: answers('The projects.', admin.projectListSchema),
    },
  },
  {
    method: 'GET',
    path: '/v1/projects/:id',
    access: 'admin',
    handler: retrieveProject,
    doc: {
      summary: 'Retrieve a project',
      responses: answers('The project, its limits, and how much of them is used.', admin.projectDetailSchema),
    },
  },
  {
    method: 'PATCH',
    path: '/v1/projects/:id',
    access: 'gateway',
    handler: updateProject,
    doc: {
      summary: 'Change a project',
      description: 'What is not named stays. The limits are replaced as a whole.',
      requestBody: { required: true, content: json(admin.projectUpdateSchema) },
      responses: answers('The project as it is now.', admin.projectDetailSchema),
    },
  },
  {
    method: 'POST',
    path: '/v1/backups',
    access: 'gateway',
    handler: createBackup,
    doc: {
      summary: 'Back up the database',
      description:
        'Writes a whole copy of a database file to the backup folder of the gateway, which goes on meanwhile. The answer comes ' +
        'when it is there. PostgreSQL has tools of its own for that.',
      requestBody: { required: false, content: json(admin.backupCreateSchema) },
      responses: answers('The copy is whole, and on the disk.', admin.backupSchema),
    },
  },
]
