/** Addresses of one subnet for pods: from the end of the block downward, so that they stay clear of EC2's own. */
export class AddressPool {
  readonly #first: number;
  readonly #last: number;
  readonly #holders = new Map<string, number>();
  readonly #used = new Set<number>();

  /** `cidr` is IPv4. The five addresses that AWS keeps in each subnet are never given. */
  constructor(cidr: string) {
    const [network = '', bits = '32'] = cidr.split('/');
    const size = 2 ** (32 - Number(bits));
    const base = Math.floor(toNumber(network) / size) * size;
    this.#first = base + 4;
    this.#last = base + size - 2;
  }

  /** The same holder gets the same address. `undefined`: none is free. */
  take(holder: string): string | undefined {
    const known = this.#holders.get(holder);
    if (known !== undefined) return toText(known);
    for (let address = this.#last; address >= this.#first; address--) {
      if (!this.#used.has(address)) return this.#give(holder, address);
    }
    return undefined;
  }

  /** Marks an address as in use by somebody: an instance, or a pod from before. */
  claim(holder: string, address: string): void {
    const number = toNumber(address);
    if (!this.#used.has(number)) this.#give(holder, number);
  }

  release(holder: string): void {
    const address = this.#holders.get(holder);
    this.#holders.delete(holder);
    if (address !== undefined) this.#used.delete(address);
  }

  #give(holder: string, address: number): string {
    this.#holders.set(holder, address);
    this.#used.add(address);
    return toText(address);
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
