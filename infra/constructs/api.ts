import { Validations } from 'aws-cdk-lib'
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type RouteName, roomOf, routes } from '#core/contracts/routes.ts'
import { HandlerFunction } from './handler-function.ts'

export interface ApiProps {
  table: Table
  environment: Record<string, string>
}

/** Takes over what became of rounds that have ended. */
const WRITES_WHILE_READING: ReadonlySet<RouteName> = new Set(['listReplicas'])

/** Gateway calls also write down their nonce. */
const accessOf = (name: RouteName): 'read' | 'write' => {
  const { method, audience } = routes[name]
  return method === 'GET' && audience === 'person' && !WRITES_WHILE_READING.has(name)
    ? 'read'
    : 'write'
}

/** `startRun` -> `functions/api/runs/start-run.ts` */
const handlerFileOf = (name: RouteName): string =>
  `functions/api/${roomOf(name)}/${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}.ts`

/** The HTTP API with one Lambda for each route of core/contracts/routes.ts. */
export class Api extends Construct {
  readonly url: string
  readonly functions: Record<RouteName, HandlerFunction>

  constructor(scope: Construct, id: string, { table, environment }: ApiProps) {
    super(scope, id)
    const api = new HttpApi(this, 'Http', { createDefaultStage: false })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default', // no stage in the path: gateway tokens name the path that they are for
      autoDeploy: true,
      throttle: { rateLimit: 200, burstLimit: 400 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_YEAR }),
        ),
      },
    })
    this.url = stage.url

    const people = new HttpIamAuthorizer()
    const add = (name: RouteName): HandlerFunction => {
      const route = routes[name]
      const handler = new HandlerFunction(this, `${name[0]?.toUpperCase()}${name.slice(1)}`, {
        file: handlerFileOf(name),
        table,
        access: accessOf(name),
        environment,
      })
      const isForPeople = route.audience === 'person'
      const [added] = api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: new HttpLambdaIntegration(`${name}Integration`, handler),
        ...(isForPeople ? { authorizer: people } : {}),
      })
      if (added && !isForPeople)
        Validations.of(added).acknowledge({
          id: 'AwsSolutions-APIG4',
          reason:
            'Gateways sign every call with their own key and enrol with a one-time code; the handler checks both (functions/middleware/caller.ts).',
        })
      return handler
    }
    this.functions = Object.fromEntries(
      (Object.keys(routes) as RouteName[]).map(name => [name, add(name)]),
    ) as Record<RouteName, HandlerFunction>
  }
}
