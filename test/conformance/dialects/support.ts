// The parts that tests hand to the suite: the real server, and a receiver.

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly receivedAt: number
}

export interface Behaviour {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Service {
  readonly url: string
  readonly operatorKey: string
  close(): Promise<void>
}

export interface Support {
  /** The kind of database that the servers store in; shown in test titles. */
  readonly database: string
  /** Gives a service with these settings. Other tests may use it too. */
  service(env: Readonly<Record<string, string>>): Promise<Service>
  startReceiver(options: { readonly behave: (request: ReceivedRequest) => Behaviour }): Promise<{
    readonly url: string
    readonly requests: readonly ReceivedRequest[]
    close(): Promise<void>
  }>
}
