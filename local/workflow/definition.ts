/** As much of the Amazon States Language (states-language.net) as we look at. */
export interface Definition {
  StartAt: string
  States: Record<string, State>
}

export interface State {
  Type: string
  Resource?: string
  HeartbeatSeconds?: number
  TimeoutSeconds?: number
  ItemProcessor?: Definition
}

/** Every task of a machine with its name, also those inside of a Map. Names are unique over all machines. */
export const tasksOf = (definition: Definition): [name: string, state: State][] =>
  Object.entries(definition.States).flatMap(([name, state]) => {
    if (state.ItemProcessor) return tasksOf(state.ItemProcessor)
    return state.Type === 'Task' ? [[name, state] as [string, State]] : []
  })

/** `arn:aws:lambda:local:000000000000:function:plan-run` -> `plan-run` */
export const lastOfArn = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1)
