import { ulid } from 'ulid'
import type { Client } from '#core/contracts/client.ts'
import type { AnswerView, FilesQuestion } from '#core/contracts/guest-files.ts'
import { type OpenedAnswer, openAnswer } from '#core/contracts/sealed-answers.ts'
import { RelayedError } from '#core/errors/base.ts'
import { AnswerNotAuthenticError } from '#core/errors/files.ts'
import { fetchPart, PartMissingError } from './part.ts'
import { pause, steadily } from './steadily.ts'

/** A look that is open: where questions go, and the one key that opens their answers. It is in the memory of this page and nowhere else. */
export interface OpenLook {
  runId: string
  privateKey: Parameters<typeof openAnswer>[0]
}

/** How far an answer is, and what keeps it from going on. */
export interface AnswerProgress {
  state: AnswerView['state']
  trouble?: unknown
}

export interface Asking {
  client: Client
  /** Gets parts; the browser's unless told. */
  fetch?: typeof globalThis.fetch
  signal: AbortSignal
  onProgress?: (progress: AnswerProgress) => void
}

type Bytes = Uint8Array<ArrayBuffer>

/** Between two looks at an answer of which nothing new is there, in ms. */
const LOOK_AGAIN_MS = 500
/** How often a part is got again that did not open, or whose address had ended. */
const TRIES = 3

/**
 * Asks one question and reads along while the gateway answers: one decrypted part after the other, none before the one before it was taken. Whoever stops early
 * takes the question back.
 * @throws the gateway's problem; `ANSWER_NOT_AUTHENTIC`, `ANSWER_PART_MISSING`; the signal's reason
 */
export const askGuest = async function* (
  { runId, privateKey }: OpenLook,
  question: FilesQuestion,
  asking: Asking,
): AsyncGenerator<{ plain: Bytes; last: boolean }> {
  const { client, signal, onProgress = () => undefined } = asking
  let state: AnswerView['state'] = 'waiting'
  const onTrouble = (trouble: unknown) =>
    onProgress({ state, ...(trouble !== undefined && { trouble }) })
  const patiently = <T>(work: () => Promise<T>) => steadily(work, { signal, onTrouble })

  const idempotencyKey = ulid()
  const { questionId } = await patiently(() =>
    client.call('askFiles', { params: { runId }, body: question, idempotencyKey, signal }),
  )
  const params = { runId, questionId }
  let isOver = false
  try {
    let opened: OpenedAnswer | undefined
    let failures = 0
    for (let from = 0; ; ) {
      const query = { from }
      const view = await patiently(() => client.call('getAnswer', { params, query, signal }))
      state = view.state
      onProgress({ state })
      if (view.seal) opened ??= await openAnswer(privateKey, view.seal, params)
      const answer = opened
      for (const { url } of answer ? view.parts : []) {
        const part = await patiently(() => fetchPart(url, signal, asking.fetch))
          .then(sealed => answer?.part(sealed))
          .catch(error => {
            if (++failures === TRIES || !isOfOnePart(error)) throw error
          })
        // Asked for again, at an address of its own.
        if (!part) break
        failures = 0
        from++
        isOver = part.last
        yield part
        if (isOver) return
      }
      if (view.state === 'failed' && view.problem) {
        isOver = true
        throw new RelayedError(view.problem)
      }
      if (view.state === 'answered' && from >= view.partsSoFar) {
        opened?.end()
        throw new AnswerNotAuthenticError('it has no part')
      }
      if (view.parts.length === 0) await pause(LOOK_AGAIN_MS, signal)
    }
  } finally {
    // The gateway need not go on for nobody.
    if (!isOver)
      void client
        .call('withdrawQuestion', { params, idempotencyKey: ulid() })
        .catch(() => undefined)
  }
}

const isOfOnePart = (error: unknown): boolean =>
  error instanceof PartMissingError || error instanceof AnswerNotAuthenticError
