import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { problemOf } from '../api/problem.ts'
import { shell } from '../text/shell.ts'

type Notice = Pick<FlashbarProps.MessageDefinition, 'type' | 'header' | 'content' | 'action'>

interface Told {
  /** By `performance.now()`. */
  told: number
}

interface Notices {
  tell: (notice: Notice) => void
  /** What went well and was read is no news on the next page. */
  turnPage: () => void
  /** @param what was tried, as a headline */
  tellProblem: (what: string, error: unknown) => void
  shown: readonly (FlashbarProps.MessageDefinition & Told)[]
}

const NoticesContext = createContext<Notices>({
  tell: () => undefined,
  turnPage: () => undefined,
  tellProblem: () => undefined,
  shown: [],
})

export const useNotices = () => useContext(NoticesContext)

/** More would hide the page. */
const MOST = 5

/** A deed tells what came of it and goes to the page of that: what is younger belongs to the page that comes. ms */
const JUST_TOLD = 1_000

/** Trouble stays until somebody has dismissed it. */
const isLasting = ({ type }: Pick<Notice, 'type'>): boolean =>
  type === 'error' || type === 'warning'

/** What came of things that people did, at the top of every page until they dismiss it or, where all went well, go on. */
export const NoticesProvider = ({ children }: { children: ReactNode }) => {
  const [shown, setShown] = useState<readonly (FlashbarProps.MessageDefinition & Told)[]>([])
  const tell = useCallback((notice: Notice) => {
    const id = crypto.randomUUID()
    const dismiss = () => setShown(now => now.filter(one => one.id !== id))
    setShown(now =>
      [
        {
          ...notice,
          ...{ id, told: performance.now(), dismissible: true, dismissLabel: shell.dismiss },
          onDismiss: dismiss,
        },
        ...now,
      ].slice(0, MOST),
    )
  }, [])
  const turnPage = useCallback(() => {
    const before = performance.now() - JUST_TOLD
    setShown(now => now.filter(one => isLasting(one) || one.told > before))
  }, [])
  const notices = useMemo(
    () => ({
      tell,
      turnPage,
      tellProblem: (what: string, error: unknown) => {
        const { code, message, advice } = problemOf(error)
        tell({ type: 'error', header: what, content: `${message} ${advice} (${code})` })
      },
      shown,
    }),
    [tell, turnPage, shown],
  )
  return <NoticesContext value={notices}>{children}</NoticesContext>
}

export const NoticeBar = ({ path }: { path: string }) => {
  const { shown, turnPage } = useNotices()
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each page
  useEffect(turnPage, [path])
  return (
    // There before the first notice: a screen reader says what comes into it.
    <div aria-live="polite">
      <Flashbar items={shown.map(({ told: _, ...item }) => item)} />
    </div>
  )
}
