import { z } from 'zod'
import { Bytes, NameLabel, Ulid, XenUuid } from './ids.ts'
import { Problem } from './problem.ts'

/** What a look at files may come to at most; the safety margins of it in one place. */
export const LOOK_LIMITS = {
  /** Questions of one look. */
  questions: 1_000,
  /** Of those, how many may be without an answer at once. */
  openQuestions: 8,
  /** UTF-8; PATH_MAX of Linux. */
  pathBytes: 4_096,
  /** What one part of an answer holds, before it is sealed. */
  partBytes: 8 * 1024 * 1024,
  /** What sealing adds to it at most: tag, nonce and whatever a later version has. */
  sealBytes: 1_024,
  /** 5 GiB: a browser saves 4 GiB at most, an archive has headers beside that. */
  parts: 640,
  /** Parts that one call tells of; each URL takes up to 2 KB. */
  partsAtOnce: 16,
  /** A look ends so long after its last question, and so long after its beginning whatever is asked, in ms. */
  idleMs: 5 * 60_000,
  wholeMs: 60 * 60_000,
} as const

/** A public key of ECDH on P-256: the point uncompressed (SEC 1, 2.3.3: 65 bytes that begin with 4), base64url. */
export const AnswerKey = z
  .string()
  .regex(/^B[A-P][\w-]{85}$/, 'must be a point of P-256, uncompressed, in base64url')

/** Beside each answer: the gateway's key for just this one, and the salt of its HKDF (32 bytes, base64url). */
export const Seal = z.strictObject({
  epk: AnswerKey,
  salt: z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url'),
})
export type Seal = z.infer<typeof Seal>

/** Look into the disks of one point, and answer what is asked meanwhile. It needs no pool. */
export const ReadFilesSpec = z.strictObject({
  kind: z.literal('read-files'),
  pointId: Ulid,
  vmUuid: XenUuid,
  vmName: NameLabel,
  /** Whoever asks; all answers are sealed for it. */
  publicKey: AnswerKey,
})
export type ReadFilesSpec = z.infer<typeof ReadFilesSpec>

/** As `xenkeep files` names them: `0p1`, `0`, `group/volume`. */
const VolumeName = z.string().min(1).max(300).refine(isPlain, 'must be text without NUL')

/** From the root of the volume on, `/` for all of it. */
const GuestPath = z
  .string()
  .startsWith('/')
  .refine(isPlain, 'must be text without NUL')
  .refine(path => !path.split('/').includes('..'), 'must have no ".."')
  .refine(
    path => new TextEncoder().encode(path).length <= LOOK_LIMITS.pathBytes,
    `must have at most ${LOOK_LIMITS.pathBytes} bytes`,
  )

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

const Place = { volume: VolumeName, path: GuestPath }

/** POST /v1/runs/{runId}/questions. In clear text on purpose: who downloaded what is a question of auditors. */
export const FilesQuestion = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('volumes') }),
  z.strictObject({ what: z.literal('list'), ...Place }),
  /** A file as it is, a folder as an archive. */
  z.strictObject({ what: z.literal('download'), ...Place }),
])
export type FilesQuestion = z.infer<typeof FilesQuestion>
export const AskFilesReply = z.strictObject({ questionId: Ulid })

/** `waiting`: no gateway has it yet. `answering`: parts come, and may be read already. */
export const AnswerState = z.enum(['waiting', 'answering', 'answered', 'failed'])

/** Where a part is put or got: an address, or a path of the control plane that was asked (begins with `/`). Good for 15 minutes; whoever knows it needs no token. */
const PartUrl = z.string().max(8_000)

/** GET /v1/runs/{runId}/questions/{questionId} */
export const GetAnswerQuery = z.strictObject({
  /** The first part that is wanted; 0 unless told. */
  from: z.coerce.number().int().min(0).max(LOOK_LIMITS.parts).optional(),
})
export const AnswerView = z.strictObject({
  questionId: Ulid,
  state: AnswerState,
  /** There with the first part; the same for all parts of an answer. */
  seal: Seal.optional(),
  /** Those from `from` on that are there, some of them: in order, without gaps. */
  parts: z
    .array(z.strictObject({ number: z.int().nonnegative(), url: PartUrl, bytes: Bytes }))
    .max(LOOK_LIMITS.partsAtOnce),
  /** All that are there by now, and their bytes as sealed. */
  partsSoFar: z.int().nonnegative(),
  bytesSoFar: Bytes,
  /** Why there is no answer, or why it ended before it was whole. */
  problem: Problem.optional(),
})
export type AnswerView = z.infer<typeof AnswerView>

/** DELETE /v1/runs/{runId}/questions/{questionId}: nobody waits for the answer any more */
export const WithdrawQuestionReply = z.strictObject({ questionId: Ulid })

const Epoch = z.int().positive()

/** POST /v1/jobs/{jobId}/questions: what to answer next; asked about once a second. Repeated calls give a question again that got lost on its way. */
export const NextQuestionRequest = z.strictObject({
  epoch: Epoch,
  /** Questions that it has in hand, and does not want again. */
  holding: z.array(Ulid).max(LOOK_LIMITS.openQuestions).optional(),
})
export const NextQuestionReply = z.strictObject({
  question: z.strictObject({ questionId: Ulid, ask: FilesQuestion }).optional(),
  /** Of those in hand: nobody waits for them any more. Left out where there are none. */
  withdrawn: z.array(Ulid).max(LOOK_LIMITS.openQuestions).optional(),
})

/**
 * POST /v1/jobs/{jobId}/answers: exactly one of `part`, `done` and `problem`.
 * Parts come in order, from 0: that one is asked for says that those before it are stored. The last one may be asked for again.
 */
export const AnswerQuestionRequest = z
  .strictObject({
    epoch: Epoch,
    questionId: Ulid,
    /** With each part: the same for all of an answer. */
    seal: Seal.optional(),
    part: z
      .strictObject({
        number: z
          .int()
          .min(0)
          .max(LOOK_LIMITS.parts - 1),
        /** As sealed; the URL takes just so many. */
        bytes: z
          .int()
          .min(1)
          .max(LOOK_LIMITS.partBytes + LOOK_LIMITS.sealBytes),
      })
      .optional(),
    /** All are stored. */
    done: z.strictObject({ parts: z.int().min(1).max(LOOK_LIMITS.parts) }).optional(),
    problem: Problem.optional(),
  })
  .refine(
    ({ part, done, problem }) => [part, done, problem].filter(Boolean).length === 1,
    'takes exactly one of part, done and problem',
  )
  .refine(({ part, seal }) => (part === undefined) === (seal === undefined), {
    message: 'a part and its seal belong together',
  })
export type AnswerQuestionRequest = z.output<typeof AnswerQuestionRequest>
export const AnswerQuestionReply = z.strictObject({
  /** Where to PUT the part: exactly those bytes, once more if it was not heard. */
  url: PartUrl.optional(),
  /** Nobody waits for the answer any more: nothing more of it is taken. */
  withdrawn: z.literal(true).optional(),
})

/** What a look came to. */
export const FilesReport = z.strictObject({
  questions: z.int().nonnegative(),
  /** Folders that were listed. */
  listed: z.int().nonnegative(),
  /** The first of what was downloaded; `bytes` before sealing, of an archive its own. */
  downloads: z
    .array(z.strictObject({ volume: VolumeName, path: GuestPath, bytes: Bytes }))
    .max(100),
  /** All downloads, and their bytes. */
  downloaded: z.int().nonnegative(),
  bytes: Bytes,
  /** Why it ended: nobody asked any more, its hour was over, or somebody ended it. */
  ended: z.enum(['idle', 'time', 'asked']),
})
export type FilesReport = z.infer<typeof FilesReport>

export const filesRead = z.strictObject({ status: z.literal('files-read'), report: FilesReport })

/** Part of POST /v1/runs */
export const LookAtFilesRequest = z.strictObject({
  kind: z.literal('files'),
  pointId: Ulid,
  publicKey: AnswerKey,
})
