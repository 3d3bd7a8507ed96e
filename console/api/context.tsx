import { createContext, type ReactNode, useContext } from 'react'
import type { Client } from '#core/contracts/client.ts'
import type { CallerView } from '#core/contracts/console.ts'
import type { Session } from '../session/session.ts'

interface Api {
  client: Client
  session: Session
}

const ApiContext = createContext<Api | undefined>(undefined)

export const ApiProvider = ({ api, children }: { api: Api; children: ReactNode }) => (
  <ApiContext value={api}>{children}</ApiContext>
)

const inside = <T,>(value: T | undefined): T => {
  if (value === undefined) throw new Error('used outside of its provider')
  return value
}

export const useApi = (): Api => inside(useContext(ApiContext))

const CallerContext = createContext<CallerView | undefined>(undefined)

export const CallerProvider = ({
  caller,
  children,
}: {
  caller: CallerView
  children: ReactNode
}) => <CallerContext value={caller}>{children}</CallerContext>

/** Who has signed in. */
export const useCaller = (): CallerView => inside(useContext(CallerContext))
