import { AnswerHeader, AnswerTrailer } from '#core/contracts/files-answers.ts'
import type { FilesQuestion, Seal } from '#core/contracts/guest-files.ts'
import { newReader, openAnswer } from '#core/contracts/sealed-answers.ts'
import { RelayedError } from '#core/errors/base.ts'
import type { LookOptions } from '#gateway-agent/jobs/files/look.ts'
import { testContext } from './job-context.ts'
import { memoryLog } from './patience.ts'

export const RUN = '01J0000000000000000000RVN0'
const JOB = '01J0000000000000000000J0B0'

interface Asked {
  ask: FilesQuestion
  seal?: Seal
  /** as they were asked for; what was put stands in `stored` */
  parts: number[]
  state: 'waiting' | 'answering' | 'answered' | 'failed'
  problem?: { code: string; message: string; advice: string }
  withdrawn?: true
}

export const problemOf = (code: string, retryable = false) =>
  new RelayedError({ code, message: `${code}.`, advice: 'None.', retryable })

/**
 * The other side of a look at files: hands out questions, takes sealed parts, and reads them as a browser does. `trouble` and `putTrouble` are asked before each call;
 * what they throw the gateway gets. Time goes on by whatever is waited for.
 */
export const filesLook = async () => {
  const reader = await newReader()
  const questions = new Map<string, Asked>()
  const stored = new Map<string, Uint8Array<ArrayBuffer>>()
  const calls: { name: string; body: Record<string, unknown> }[] = []
  const { context, phases, abort } = testContext()
  const log = memoryLog()
  let now = 1_000_000
  let number = 0
  const side = {
    trouble: (_name: string, _body: Record<string, unknown>): void => undefined,
    putTrouble: async (_url: string): Promise<void> => undefined,
    /** Called at each poll that finds nothing to do. */
    idle: (): void => undefined,
  }

  const next = ({ holding = [] }: { holding?: string[] }) => {
    const withdrawn = holding.filter(id => questions.get(id)?.withdrawn)
    const open = [...questions].find(
      ([id, { state, withdrawn: gone }]) =>
        (state === 'waiting' || state === 'answering') && !gone && !holding.includes(id),
    )
    const told = withdrawn.length > 0 ? { withdrawn } : {}
    if (!open) {
      side.idle()
      return told
    }
    const [questionId, asked] = open
    asked.state = 'answering'
    return { ...told, question: { questionId, ask: asked.ask } }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the body of one of two calls
  const take = (body: any) => {
    const asked = questions.get(body.questionId)
    if (!asked) throw problemOf('QUESTION_NOT_FOUND')
    if (asked.withdrawn) return { withdrawn: true }
    if (body.problem) Object.assign(asked, { state: 'failed', problem: body.problem })
    if (body.done) {
      if (body.done.parts !== asked.parts.length) throw problemOf('FILES_ANSWER_UNFIT')
      asked.state = 'answered'
    }
    if (!body.part) return {}
    const { number: at, bytes } = body.part
    if (at !== asked.parts.length && at !== asked.parts.length - 1)
      throw problemOf('FILES_ANSWER_UNFIT')
    asked.parts[at] = bytes
    asked.seal = body.seal
    return { url: `/transit/${body.questionId}/${at}` }
  }

  const options: LookOptions = {
    client: {
      async call(name: string, input: unknown) {
        const { body } = input as { body: Record<string, unknown> }
        calls.push({ name, body })
        side.trouble(name, body)
        return (name === 'nextQuestion' ? next(body) : take(body)) as never
      },
    },
    async put(url, bytes, signal) {
      const aborted = new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      await Promise.race([side.putTrouble(url), aborted])
      stored.set(url, Uint8Array.from(bytes))
    },
    jobId: JOB,
    runId: RUN,
    spec: { publicKey: reader.publicKey },
    epoch: context.epoch,
    patience: {
      wait: ms =>
        new Promise(resolve => {
          // Who asks every second while an answer is made asks far more often than that here.
          const isPoll =
            ms === 1_000 &&
            [...questions.values()].some(
              ({ state, withdrawn }) => state === 'answering' && !withdrawn,
            )
          if (!isPoll) now += ms
          if (isPoll) setTimeout(resolve, 2)
          else setImmediate(resolve)
        }),
    },
    random: () => 0.5,
    clock: { now: () => now },
    context,
    log,
  }

  return {
    options,
    publicKey: reader.publicKey,
    side,
    questions,
    stored,
    calls,
    phases,
    log,
    abort,
    pass: (ms: number) => {
      now += ms
    },
    ask(ask: FilesQuestion): string {
      const questionId = `01J0000000000000000000Q${String(number++).padStart(3, '0')}`
      questions.set(questionId, { ask, parts: [], state: 'waiting' })
      return questionId
    },
    /** Opens an answer and puts it together, as the console does. */
    async read(questionId: string) {
      const { seal, parts, state, problem } = questions.get(questionId) as Asked
      if (state !== 'answered' || !seal) throw new Error(`no answer: ${state} ${problem?.code}`)
      const answer = await openAnswer(reader.privateKey, seal, { runId: RUN, questionId })
      const plain: Buffer[] = []
      for (const [at, bytes] of parts.entries()) {
        const sealed = stored.get(`/transit/${questionId}/${at}`) as Uint8Array<ArrayBuffer>
        if (sealed.length !== bytes) throw new Error('another size than was told')
        plain.push(Buffer.from((await answer.part(sealed)).plain))
      }
      answer.end()
      const [header, ...data] = plain
      const trailer = data.pop()
      return {
        header: AnswerHeader.parse(JSON.parse(String(header))),
        data: Buffer.concat(data),
        trailer: AnswerTrailer.parse(JSON.parse(String(trailer))),
      }
    },
  }
}
