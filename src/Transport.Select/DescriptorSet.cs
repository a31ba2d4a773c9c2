using System.Numerics;

namespace Transport.Select;

/// <summary>An fd_set with one bit for each descriptor, of any size, in memory that is passed to the kernel.</summary>
internal sealed class DescriptorSet
{
    public const int BitsPerWord = 64;

    /// <summary>On the pinned object heap.</summary>
    public ulong[] Words { get; private set; } = [];

    /// <summary>Makes room for descriptors below <paramref name="descriptors"/>. The set never shrinks.</summary>
    public void Grow(int descriptors)
    {
        int words = (descriptors + BitsPerWord - 1) / BitsPerWord;
        if (words > Words.Length)
        {
            ulong[] wider = GC.AllocateArray<ulong>((int)BitOperations.RoundUpToPowerOf2((uint)words), pinned: true);
            Words.CopyTo(wider, 0);
            Words = wider;
        }
    }

    public void Add(int descriptor) => Words[descriptor / BitsPerWord] |= 1UL << (descriptor % BitsPerWord);

    public void Remove(int descriptor) => Words[descriptor / BitsPerWord] &= ~(1UL << (descriptor % BitsPerWord));

    public bool Contains(int descriptor) => (Words[descriptor / BitsPerWord] & (1UL << (descriptor % BitsPerWord))) != 0;

    /// <summary>Returns the highest member that is not above <paramref name="descriptor"/>, or −1.</summary>
    public int HighestUpTo(int descriptor)
    {
        ulong mask = ulong.MaxValue >> (BitsPerWord - 1 - (descriptor % BitsPerWord));
        for (int word = descriptor / BitsPerWord; word >= 0; word--, mask = ulong.MaxValue)
        {
            ulong members = Words[word] & mask;
            if (members != 0)
            {
                return (word * BitsPerWord) + BitOperations.Log2(members);
            }
        }

        return -1;
    }
}
