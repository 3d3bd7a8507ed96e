import type { Route } from '#core/contracts/routes/route.ts'
import { statusOf } from '../middleware/problem.ts'

/** RFC 9457, with our members beside its own. */
export const PROBLEM_DETAILS = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'message', 'advice', 'retryable'],
  properties: {
    type: { const: 'about:blank' },
    title: { type: 'string', description: 'The code.' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'The message.' },
    code: {
      type: 'string',
      pattern: '^[A-Z][A-Z0-9_]*$',
      description: 'Stable; docs/errors.md lists all.',
    },
    message: { type: 'string', description: 'One sentence for a person.' },
    advice: { type: 'string', description: 'What to do next.' },
    retryable: {
      type: 'boolean',
      description:
        'Whether the same call may succeed later without anyone changing anything; `Retry-After` says when to try.',
    },
  },
}

/** What any route may answer. */
const ANY = ['REQUEST_INVALID', 'BODY_TOO_LARGE', 'CATALOG_CONFLICT', 'CATALOG_UNAVAILABLE']

/** What a route may answer because of who may call it. */
const OF_CALLERS: Record<Route['audience'], readonly string[]> = {
  person: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'ROLE_MISSING', 'ROLE_INSUFFICIENT'],
  gateway: [
    ...['TOKEN_INVALID', 'CLOCK_SKEW', 'TOKEN_REPLAYED', 'GATEWAY_UNKNOWN', 'GATEWAY_REVOKED'],
    ...[
      'GATEWAY_FOREIGN',
      'EPOCH_OUTDATED',
      'REGION_STANDBY',
      'REGION_LISTENS',
      'REGION_EPOCH_CHANGED',
    ],
  ],
  code: ['ENROLMENT_CODE_INVALID', 'ENROLMENT_LIMITED', 'REGION_STANDBY', 'REGION_LISTENS'],
}

const OF_CHANGES = [
  ...['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_IN_USE', 'IDEMPOTENCY_ANSWER_NOT_KEPT'],
  ...['REGION_STANDBY', 'REGION_LISTENS'],
]

/** What the parameters of a path name and may not be there. */
const OF_PATH: Readonly<Record<string, string>> = {
  runId: 'RUN_NOT_FOUND',
  jobId: 'JOB_NOT_FOUND',
  replicaId: 'REPLICA_NOT_FOUND',
  policyId: 'POLICY_NOT_FOUND',
  tokenId: 'TOKEN_NOT_FOUND',
  channelId: 'CHANNEL_NOT_FOUND',
  eventId: 'NOTIFICATION_NOT_FOUND',
  pointId: 'POINT_NOT_FOUND',
  questionId: 'QUESTION_NOT_FOUND',
  vmUuid: 'VM_NOT_FOUND',
  repositoryId: 'REPOSITORY_MISMATCH',
}

const codesOf = (route: Route): string[] => [
  ...ANY,
  ...OF_CALLERS[route.audience],
  ...(route.audience === 'person' && route.method !== 'GET' ? OF_CHANGES : []),
  ...Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, name = '']) => OF_PATH[name] ?? []).flat(),
  ...(route.errors ?? []),
]

/** The problems that a route may answer, by status, with the codes that are known of each. */
export const answersOf = (route: Route): Record<string, unknown> => {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set(codesOf(route))) {
    const status = statusOf[code] ?? 500
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const problem = (description: string) => ({
    description,
    content: {
      'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } },
    },
  })
  return {
    ...Object.fromEntries(
      [...byStatus]
        .sort(([a], [b]) => a - b)
        .map(([status, codes]) => [status, problem(`${codes.sort().join(', ')}.`)]),
    ),
    default: problem('Any other problem; its `code` says which.'),
  }
}
