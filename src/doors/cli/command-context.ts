/** What one run of the CLI shares among its commands: flags, configuration, the way to the data, the printer. @module */
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { Environment } from '../../core/scope.js';
import type { Operation } from '../../operations/index.js';
import type { CallOptions } from './attached.js';
import type { Globals } from './globals.js';
import { OwnOrAttach } from './own-or-attach.js';
import { Printer } from './printer.js';
import type { CliConfig, CliWorld, ConfigFlags } from './world.js';

export class CommandContext {
  readonly print: Printer;
  #config: Promise<CliConfig> | undefined;
  #access: OwnOrAttach | undefined;

  constructor(
    readonly world: CliWorld,
    readonly globals: Globals,
    private readonly configFlags: ConfigFlags = {},
  ) {
    this.print = new Printer(world, globals);
  }

  config(): Promise<CliConfig> {
    this.#config ??= this.world.loadConfig(this.configFlags);
    return this.#config;
  }

  /** Reads the configuration file, too. @throws AppError `config_invalid`. */
  checkConfig(): ReturnType<CliWorld['checkConfig']> {
    return this.world.checkConfig(this.configFlags);
  }

  /** All connectors, those of the configuration among them. */
  connectors(): ReturnType<CliWorld['connectors']> {
    return this.world.connectors(this.configFlags);
  }

  /** The operations as tools for agents. */
  tools(): ReturnType<CliWorld['tools']> {
    return this.world.tools(this.configFlags);
  }

  /** Whether this process has become the owner of the data. */
  get ownsData(): boolean {
    return this.#access?.owns === true;
  }

  async access(): Promise<OwnOrAttach> {
    const config = await this.config();
    this.#access ??= new OwnOrAttach(this.world.ownership(config));
    return this.#access;
  }

  async environment(): Promise<Environment> {
    const { environment } = await this.config();
    return this.globals.env ?? environment;
  }

  /** Runs an operation here or at the owner, under `--timeout`, and gives its output. */
  async call(
    operation: Operation,
    input: Readonly<Record<string, unknown>>,
    extra: Partial<Omit<CallOptions, 'environment' | 'repeat' | 'signal'>> = {},
  ): Promise<unknown> {
    const access = await this.access();
    const { dryRun } = this.globals;
    const idempotencyKey = extra.idempotencyKey ?? this.globals.idempotencyKey ?? this.#freshKey(operation);
    const options: CallOptions = {
      environment: await this.environment(),
      dryRun,
      ...extra,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    return await this.#withinTime(operation.name, (signal) => access.call(operation, input, { ...options, signal }));
  }

  /** Chosen here and not at the owner, so that the same call can be asked again of another owner. */
  #freshKey(operation: Operation): string | undefined {
    const fresh = operation.audit === 'call' && operation.effect !== 'read' && operation.effect !== 'pay';
    return fresh ? newId('key', this.world.clock, this.world.random) : undefined;
  }

  /** Lets go of what was opened and writes `--output`. */
  async close(): Promise<void> {
    await this.abandon();
    await this.print.close();
  }

  /** As {@link close}, after a failure: `--output` does not get its name. */
  async abandon(): Promise<void> {
    await this.#access?.close();
  }

  async #withinTime<T>(operation: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.globals;
    const abort = new AbortController();
    if (timeoutMs === undefined) return await run(abort.signal);
    let cancel = (): void => {};
    const expired = new Promise<never>((_, reject) => {
      cancel = this.world.clock.after(timeoutMs, () => {
        reject(new AppError('timeout', { operation, limitMs: timeoutMs }));
        abort.abort();
      });
    });
    try {
      return await Promise.race([run(abort.signal), expired]);
    } finally {
      cancel();
    }
  }
}
