import { NestedStack, Validations } from 'aws-cdk-lib'
import {
  type HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Construct } from 'constructs'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { Deployment } from '../deployment.ts'
import { accessOf, rightsOf } from '../rights/of-routes.ts'
import { HandlerFunction } from './handler-function.ts'

export interface RoomProps {
  deployment: Deployment
  api: HttpApi
  /** Checks who calls, before the functions do, on the routes of people. */
  people: IHttpRouteAuthorizer
  room: string
  routes: readonly RouteName[]
}

const title = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`

/** `startRun` in the room `runs` -> `functions/api/runs/start-run.ts` */
const fileOf = (room: string, name: RouteName): string =>
  `functions/api/${room}/${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}.ts`

/**
 * The routes of one room of the API, a Lambda for each. A nested stack, because each route is seven resources, and CloudFormation takes
 * 500 a stack; nested ones are deployed together and take their references as parameters, so none can block another.
 */
export class Room extends NestedStack {
  constructor(scope: Construct, { deployment, api, people, room, routes: names }: RoomProps) {
    super(scope, title(room), { description: `XenKeep API: ${room}` })
    for (const name of names) {
      const { method, path, audience } = routes[name]
      const handler = new HandlerFunction(this, title(name), {
        file: fileOf(room, name),
        deployment,
        access: accessOf(name),
        rights: rightsOf(name, deployment),
      })
      const isForPeople = audience === 'person'
      const route = new HttpRoute(this, `${title(name)}Route`, {
        httpApi: api,
        routeKey: HttpRouteKey.with(path, HttpMethod[method]),
        integration: new HttpLambdaIntegration('Integration', handler),
        ...(isForPeople ? { authorizer: people } : {}),
      })
      if (!isForPeople)
        Validations.of(route).acknowledge({
          id: 'AwsSolutions-APIG4',
          reason:
            'Gateways sign every call with their own key and enrol with a one-time code; the handler checks both (functions/middleware/caller.ts).',
        })
    }
  }
}
