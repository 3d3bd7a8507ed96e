import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { shell } from '../text/shell.ts'

type Notice = Pick<FlashbarProps.MessageDefinition, 'type' | 'header' | 'content' | 'action'>

interface Notices {
  tell: (notice: Notice) => void
  /** @param what was tried, as a headline */
  tellProblem: (what: string, error: unknown) => void
  shown: readonly FlashbarProps.MessageDefinition[]
}

const NoticesContext = createContext<Notices>({
  tell: () => undefined,
  tellProblem: () => undefined,
  shown: [],
})

export const useNotices = () => useContext(NoticesContext)

/** More would hide the page. */
const MOST = 5

/** What came of things that people did, at the top of every page until they dismiss it. */
export const NoticesProvider = ({ children }: { children: ReactNode }) => {
  const [shown, setShown] = useState<readonly FlashbarProps.MessageDefinition[]>([])
  const tell = useCallback((notice: Notice) => {
    const id = crypto.randomUUID()
    const dismiss = () => setShown(now => now.filter(one => one.id !== id))
    setShown(now =>
      [
        { ...notice, id, dismissible: true, dismissLabel: shell.dismiss, onDismiss: dismiss },
        ...now,
      ].slice(0, MOST),
    )
  }, [])
  const notices = useMemo(
    () => ({
      tell,
      tellProblem: (what: string, error: unknown) => {
        const { code, message, advice } = problemOf(error)
        tell({ type: 'error', header: what, content: `${message} ${advice} (${code})` })
      },
      shown,
    }),
    [tell, shown],
  )
  return <NoticesContext value={notices}>{children}</NoticesContext>
}

export const NoticeBar = () => <Flashbar items={[...useNotices().shown]} />
