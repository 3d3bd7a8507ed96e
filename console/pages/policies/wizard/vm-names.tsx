import { createContext, useContext } from 'react'

/** Names of VMs that were seen, by UUID: a policy names VMs by UUID alone. */
export const VmNames = createContext<Map<string, string>>(new Map())

export const useVmNames = (): Map<string, string> => useContext(VmNames)
